"""The forms of instances as the frozen model, with what makes their machines."""

from __future__ import annotations

from typing import Any

from stackward.definition import host_pattern, pools, provider_options, schedules
from stackward.definition.file_form import StackForm
from stackward.definition.instance_form import InstanceForm
from stackward.definition.layer_compile import in_order, volume_of
from stackward.definition.model import (
    OWNED,
    Instance,
    ProviderChoice,
)
from stackward.definition.places import Places


def instances_of(form: StackForm, data: Any, places: Places) -> dict[str, Instance]:
    """Return the instances of a checked file by name, also those of pools and under patterns."""
    instances: dict[str, Instance] = {}
    pooled = {
        pools.key_of(name, layer.pool.maximum, layer.pool.hostname)
        for name, layer in form.layers.items()
        if layer.pool is not None
    }
    for key, item in form.instances.items():
        layers = in_order(item.layers, form)
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
                volumes=tuple(map(volume_of, item.volumes)),
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
        layers = [form.layers[name].provider for name in in_order(item.layers, form)]
        of_layers = [dict(layer.model_extra or {}) for layer in layers if layer is not None]
        if item.provider is None and not of_layers:
            return None
        levels = [dict(form.provider.model_extra or {}), *of_layers, own]
    return ProviderChoice(kind, provider_options.complete(kind, provider_options.merged(levels)))


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


def stack_provider(form: StackForm) -> ProviderChoice:
    """Return the stack's own provider. Its options need not be whole where every instance has others."""
    given = dict(form.provider.model_extra or {})
    return ProviderChoice(form.provider.type, provider_options.complete(form.provider.type, given))
