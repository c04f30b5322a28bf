"""The form of a layer as the frozen model."""

from __future__ import annotations

from typing import Any

from stackward.definition import host_pattern, ingress_values, provider_options, volumes
from stackward.definition.balancer_form import BalancerForm
from stackward.definition.baseline_compile import baseline
from stackward.definition.file_form import StackForm
from stackward.definition.healing_form import HealingForm
from stackward.definition.layer_form import LayerForm
from stackward.definition.model import (
    Healing,
    Layer,
    Pool,
    ProviderChoice,
    Volume,
)
from stackward.definition.places import Places
from stackward.definition.resources import BalancerType, Ingress, LoadBalancer
from stackward.definition.scaling_rules import load_scaling
from stackward.definition.schedule import Capacity
from stackward.definition.volume_form import VolumeForm
from stackward.lifecycle.events import Event
from stackward.lifecycle.health import Remedy


def layer_of(
    name: str,
    form: LayerForm,
    settings: dict[str, Any],
    places: Places,
    capacity: tuple[Capacity, ...],
    stack: StackForm,
) -> Layer:
    """Return a layer of a checked file with the built-in layer's own `settings`, and `capacity` over time."""
    recipes = {event: tuple(places.recipe(item) for item in getattr(form.recipes, event.value)) for event in Event}
    return Layer(
        name=name,
        uses=form.uses,
        settings=settings,
        recipes={event: items for event, items in recipes.items() if items},
        attributes=form.attributes,
        volumes=tuple(map(volume_of, form.volumes)),
        provider=_provider(form, stack),
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


def _provider(form: LayerForm, stack: StackForm) -> ProviderChoice | None:
    """The stack's provider with the options of the layer, None where it has none of its own."""
    if form.provider is None:
        return None
    levels = [dict(stack.provider.model_extra or {}), dict(form.provider.model_extra or {})]
    kind = stack.provider.type
    return ProviderChoice(kind, provider_options.complete(kind, provider_options.merged(levels)))


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


def volume_of(form: VolumeForm) -> Volume:
    """Return a volume. An array of which nobody says how many disks it has is of the fewest that do."""
    fewest = 1 if form.raid is None else volumes.FEWEST[form.raid]
    return Volume(form.mount, form.size, form.raid, form.disks if form.disks is not None else fewest, form.keep)


def in_order(names: list[str], form: StackForm) -> tuple[str, ...]:
    """Return layers in the order in which they run: that of the file's layers."""
    return tuple(name for name in form.layers if name in names)
