"""A stack file whose form and references are right, as the frozen model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from stackward.definition import host_pattern, ingress_values, pools, provider_options, schedules, volumes
from stackward.definition.app_form import AppForm
from stackward.definition.balancer_form import BalancerForm
from stackward.definition.baseline_compile import baseline, people
from stackward.definition.controller_form import ControllerForm, port_of
from stackward.definition.database import Database, DatabaseEngine
from stackward.definition.deploy_form import DeployForm
from stackward.definition.deploy_values import WITHIN
from stackward.definition.file_form import StackForm
from stackward.definition.healing_form import HealingForm
from stackward.definition.instance_form import InstanceForm
from stackward.definition.layer_form import LayerForm
from stackward.definition.layer_settings import own
from stackward.definition.model import (
    HOOKS,
    OWNED,
    App,
    Batch,
    Controller,
    Deploying,
    Healing,
    Instance,
    Layer,
    Pool,
    ProviderChoice,
    Recipe,
    RecipeType,
    Secret,
    Source,
    SourceChoice,
    SourceType,
    Stack,
    Tls,
    Volume,
)
from stackward.definition.places import Places
from stackward.definition.resources import BalancerType, Ingress, LoadBalancer
from stackward.definition.scaling_rules import load_scaling
from stackward.definition.schedule import Capacity
from stackward.definition.source_form import ArchiveSourceForm, GitSourceForm, S3SourceForm
from stackward.definition.state_url import folder_and_state
from stackward.definition.tls_form import GENERATED, TlsForm, is_pem
from stackward.definition.volume_form import VolumeForm
from stackward.lifecycle.events import Event
from stackward.lifecycle.health import Remedy


def compiled(form: StackForm, data: Any, *, path: str, digest: str, state: str | None) -> Stack:
    """Return the model of a checked file at `path` (absolute).

    `data` is what the form was made from; `state` is the address that wins over the file's.
    """
    places = Places.of(path)
    folder, address = folder_and_state(form.name, form.data, state or form.state, places)
    return Stack(
        name=form.name,
        path=path,
        data=folder,
        state=address,
        digest=digest,
        provider=_stack_provider(form),
        layers={
            name: _layer(name, layer, own(data["layers"][name]), places, schedules.capacity_of(data, name), form)
            for name, layer in form.layers.items()
        },
        instances=_instances(form, data, places),
        apps={name: _app(name, app, form, places) for name, app in form.apps.items()},
        timezone=form.timezone,
        attributes=form.attributes,
        people=people(form.users),
        controller=None if form.controller is None else _controller(form.controller, places),
        databases=_databases(form),
        retention=form.retention,
        metrics=_metrics(form),
    )


def _databases(form: StackForm) -> dict[str, Database]:
    """The databases that are no layers: all but those for which a layer stands."""
    return {
        name: Database(
            name=name,
            engine=DatabaseEngine(item.engine),
            database=item.name or name,
            host=item.host,
            port=item.port,
            user=item.user,
            password=item.password,
            size=item.size if item.size is not None else 20,
            version=item.version,
            options=item.provider.model_dump(),
        )
        for name, item in form.databases.items()
        if name not in form.layers
    }


def _controller(form: ControllerForm, places: Places) -> Controller:
    parts = urlsplit(form.url)
    tls = parts.scheme == "https"
    authority = places.path(form.authority or "../var/controller/authority.pem") if tls else ""
    return Controller(
        host=parts.hostname or "",
        port=port_of(form.url),
        path=parts.path.rstrip("/"),
        tls=tls,
        every=form.heartbeat,
        authority=authority,
        made=tls and form.authority is None,
    )


def _metrics(form: StackForm) -> dict[str, SourceChoice]:
    """Where measurements come from. A stack that says nothing has them from the layers that go by them, over SSH."""
    if form.metrics is not None:
        return {
            name: SourceChoice(name, item.type, item.every, dict(item.model_extra or {}))
            for name, item in form.metrics.items()
        }
    scaled = [name for name, layer in form.layers.items() if layer.scaling is not None]
    return {"ssh": SourceChoice("ssh", "ssh", options={"layers": scaled})} if scaled else {}


def _layer(
    name: str,
    form: LayerForm,
    settings: dict[str, Any],
    places: Places,
    capacity: tuple[Capacity, ...],
    stack: StackForm,
) -> Layer:
    recipes = {event: tuple(_recipe(item, places) for item in getattr(form.recipes, event.value)) for event in Event}
    return Layer(
        name=name,
        uses=form.uses,
        settings=settings,
        recipes={event: items for event, items in recipes.items() if items},
        attributes=form.attributes,
        volumes=tuple(map(_volume, form.volumes)),
        drain=form.drain,
        drain_timeout=form.drain_timeout,
        shutdown_timeout=form.shutdown_timeout,
        event_timeout=form.event_timeout,
        boot_timeout=form.boot_timeout,
        healing=_healing(form.healing),
        capacity=capacity,
        start_ahead=form.start_ahead,
        pool=Pool(form.pool.warm) if form.pool is not None else None,
        load_scaling=load_scaling(form.scaling.load, _members(name, stack)) if form.scaling is not None else None,
        baseline=baseline(form),
        load_balancers=tuple(map(_balancer, form.load_balancers)),
        ingress=None if form.ingress is None else _ingress(form.ingress),
        open_by_default=form.ingress == ingress_values.DEFAULT,
    )


def _volume(form: VolumeForm) -> Volume:
    fewest = 1 if form.raid is None else volumes.FEWEST[form.raid]
    return Volume(form.mount, form.size, form.raid, form.disks if form.disks is not None else fewest, form.keep)


def _balancer(form: BalancerForm) -> LoadBalancer:
    if form.classic is not None:
        return LoadBalancer(BalancerType.CLASSIC, form.classic)
    return LoadBalancer(BalancerType.TARGET_GROUP, form.target_group or "", form.port)


def _ingress(value: Any) -> tuple[Ingress, ...]:
    return () if value == ingress_values.DEFAULT else ingress_values.rules(value)


def _members(layer: str, stack: StackForm) -> int:
    """How many instances a layer has."""
    return sum(host_pattern.parse(key).count for key, item in stack.instances.items() if layer in item.layers)


def _healing(form: HealingForm) -> Healing:
    return Healing(
        enabled=form.enabled,
        after=form.after,
        remedies=tuple(map(Remedy, form.remedies)),
        back_off=form.back_off,
        tries=form.tries,
        share=form.max_unavailable,
        check=form.check,
        for_check=form.on_failed_check,
        for_stop=form.on_outside_stop,
    )


def _recipe(recipe: Recipe, places: Places) -> Recipe:
    if recipe.type not in (RecipeType.TASKS, RecipeType.PUPPET):
        return recipe
    return Recipe(recipe.type, places.recipe_file(recipe.name) or places.path(recipe.name))


def _instances(form: StackForm, data: Any, places: Places) -> dict[str, Instance]:
    instances: dict[str, Instance] = {}
    pooled = {
        pools.key_of(name, layer.pool.maximum, layer.pool.hostname)
        for name, layer in form.layers.items()
        if layer.pool is not None
    }
    for key, item in form.instances.items():
        layers = _in_order(item.layers, form)
        schedule = schedules.schedule_of(data, key)
        for name in host_pattern.parse(key).names():
            instances[name] = Instance(
                name,
                layers,
                item.type,
                _elastic(item, layers, form),
                item.attributes,
                schedule,
                _provider(item, form, places),
                volumes=tuple(map(_volume, item.volumes)),
                pooled=key in pooled,
            )
    return instances


def _elastic(item: InstanceForm, layers: tuple[str, ...], form: StackForm) -> bool:
    """Whether an instance has an additional address. A machine that somebody owns has the one that it has."""
    if item.elastic_ip is not None:
        return item.elastic_ip
    return item.address is None and any(form.layers[name].elastic_ip for name in layers)


def _provider(item: InstanceForm, form: StackForm, places: Places) -> ProviderChoice | None:
    """What makes the instance's machine, None where it says no more than the stack does."""
    if item.address is not None:
        return ProviderChoice(OWNED, _owned(item, places))
    own = dict(item.provider.model_extra or {}) if item.provider is not None else {}
    kind = item.provider.type if item.provider is not None and item.provider.type is not None else form.provider.type
    levels: list[dict[str, Any]] = [own]
    if kind == form.provider.type:
        layers = [form.layers[name].provider for name in _in_order(item.layers, form)]
        of_layers = [dict(layer.model_extra or {}) for layer in layers if layer is not None]
        if item.provider is None and not of_layers:
            return None
        levels = [dict(form.provider.model_extra or {}), *of_layers, own]
    return ProviderChoice(kind, provider_options.complete(kind, provider_options.merged(levels)))


def _stack_provider(form: StackForm) -> ProviderChoice:
    """The stack's own. Its options need not be whole where every instance has others."""
    given = dict(form.provider.model_extra or {})
    try:
        return ProviderChoice(form.provider.type, provider_options.complete(form.provider.type, given))
    except ValidationError:
        return ProviderChoice(form.provider.type, given)


def _owned(item: InstanceForm, places: Places) -> dict[str, Any]:
    """The options of a machine that somebody owns: only what the file says."""
    power = item.power.model_dump(exclude_none=True) if item.power is not None else {}
    found = {
        "address": item.address,
        "port": item.port,
        "user": item.user,
        "key": places.path(item.key) if item.key is not None else None,
        "host_keys": item.host_keys,
        "platform": item.platform,
        "connection": item.connection or ("psrp" if item.platform == "windows" else None),
        "zone": item.zone,
        "power": {switch: list(words) for switch, words in power.items()} or None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _in_order(names: list[str], form: StackForm) -> tuple[str, ...]:
    """Layers in the order in which they run: that of the file's layers."""
    return tuple(name for name in form.layers if name in names)


def _app(name: str, form: AppForm, stack: StackForm, places: Places) -> App:
    return App(
        name=name,
        layers=_in_order(form.layers, stack),
        source=_source(form, places),
        database=form.database,
        domains=tuple(domain.lower() for domain in form.domains),
        tls=_tls(form.tls, places) if form.tls is not None else None,
        environment=form.environment,
        attributes=form.attributes,
        keep=form.deploy.keep,
        deploy=_deploying(form.deploy, places),
    )


def _deploying(form: DeployForm, places: Places) -> Deploying:
    size = form.batch
    health, within = form.health or (None, WITHIN)
    hooks = {hook: tuple(_recipe(item, places) for item in getattr(form.hooks, hook)) for hook in HOOKS}
    return Deploying(
        batch=size if isinstance(size, Batch) else Batch(),
        batches=size if isinstance(size, Mapping) else {},
        health=health,
        within=within,
        migrate=form.migrate,
        hooks={hook: recipes for hook, recipes in hooks.items() if recipes},
    )


def _tls(form: TlsForm, places: Places) -> Tls:
    if form.certificate == GENERATED:
        return Tls(redirect=form.redirect)

    certificate, key, chain = (_pem(part, places) for part in (form.certificate, form.key, form.chain))
    return Tls(certificate, key, chain, form.redirect)


def _pem(value: str | Secret | None, places: Places) -> str | Secret | None:
    return places.path(value) if isinstance(value, str) and not is_pem(value) else value


def _source(form: AppForm, places: Places) -> Source:
    source = form.source
    if isinstance(source, GitSourceForm):
        local = source.url.startswith(("./", "../"))
        return Source(
            SourceType.GIT,
            places.path(source.url) if local else source.url,
            source.revision,
            deploy_key=None if source.deploy_key is None else places.path(source.deploy_key),
            submodules=source.submodules,
        )
    if isinstance(source, ArchiveSourceForm):
        return Source(SourceType.ARCHIVE, source.url, checksum=source.checksum, folder=source.folder or "")
    if isinstance(source, S3SourceForm):
        return Source(
            SourceType.S3,
            source.key,
            checksum=source.checksum,
            folder=source.folder or "",
            bucket=source.bucket,
            version=source.version,
            region=source.region,
            endpoint=source.endpoint,
        )
    return Source(SourceType.DIRECTORY, places.path(source.path))
