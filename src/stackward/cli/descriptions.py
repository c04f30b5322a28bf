"""Everything that is known of an instance, a layer, an app or a stack, as data for JSON and for the outline."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import make_url

from stackward.attributes import document
from stackward.cli.naming import Kind, Named
from stackward.cli.opening import Known
from stackward.cli.output import plain
from stackward.cli.status_data import InstanceStatus, StackStatus, status
from stackward.definition.model import Instance, Layer, Recipe, Secret, Stack
from stackward.definition.schedule import WEEKDAYS, Capacity, Schedule
from stackward.engine.peers import peers
from stackward.known_resource import ResourceKind
from stackward.lifecycle.events import Event
from stackward.resources.groups import wanted
from stackward.resources.overview import database_places
from stackward.state.records import MachineRecord, StackState

COMMANDS = 10
ENTRIES = 15

_SENSITIVE = re.compile(r"passw|secret|token|credential|private_key", re.IGNORECASE)


def description(it: Named, now: datetime) -> dict[str, Any]:
    """Return what is known. Raises StateError."""
    whole = status(it.known, now, (it.name,) if it.kind is Kind.INSTANCE else ())
    match it.kind:
        case Kind.INSTANCE:
            data = _instance(it.known, it.name, whole)
        case Kind.LAYER:
            data = _layer(it.known.stack, it.known.stack.layers[it.name], whole)
        case Kind.APP:
            data = _app(it.known, it.name)
        case Kind.STACK:
            data = _stack(it.known, whole)
    found: dict[str, Any] = plain({"kind": it.kind, "name": it.name, "stack": it.known.stack.name, **data})
    return found


def _instance(known: Known, name: str, whole: StackStatus) -> dict[str, Any]:
    state = known.state()
    record = state.instances.get(name)
    its = next(item for item in whole.instances if item.name == name)
    instance = known.stack.instances.get(name)
    return {
        **_shown(its),
        "generation": whole.generation,
        "request": record.request if record else None,
        "reboot_wanted": record.reboot_wanted if record else False,
        "epoch": record.epoch if record else 0,
        "machine": _machine(record.machine) if record and record.machine else None,
        "resources": [
            f"{item.kind.value} {item.name}" for item in known.resources() if item.data.get("instance") == name
        ],
        "hours": _hours(instance.schedule) if instance and instance.schedule else None,
        "attributes": _attributes(known, state, instance) if instance else None,
        "commands": known.commands(instance=name, limit=COMMANDS),
        "journal": known.journal(instance=name, limit=ENTRIES),
    }


def _shown(its: InstanceStatus) -> dict[str, Any]:
    data: dict[str, Any] = plain(its)
    del data["name"]
    return data


def _machine(machine: MachineRecord) -> dict[str, Any]:
    return {
        "id": machine.id,
        "address": machine.address,
        "port": machine.port,
        "elastic_address": machine.elastic_address,
        "zone": machine.zone,
        "attempt": machine.attempt,
        "token": machine.token,
        "parameters": _masked(machine.parameters),
    }


def _attributes(known: Known, state: StackState, instance: Instance) -> dict[str, Any]:
    """Return the attribute document as the instance would get it now, without what belongs to one event only."""
    stack = known.stack
    places = database_places(stack, known.resources())
    found = document(stack, peers(stack, state), instance, Event.CONFIGURE.value, databases=places)
    del found["event"], found["deploy"]
    shown: dict[str, Any] = _masked(found)
    return shown


def _layer(stack: Stack, layer: Layer, whole: StackStatus) -> dict[str, Any]:
    return {
        "uses": layer.uses,
        "settings": _masked(layer.settings),
        "recipes": {event: [_recipe(item) for item in layer.recipes.get(event, ())] for event in Event},
        "attributes": layer.attributes,
        "volumes": layer.volumes,
        "load_balancers": [str(balancer) for balancer in layer.load_balancers],
        "ingress": _ingress(stack, layer),
        "drain": layer.drain,
        "drain_timeout_seconds": layer.drain_timeout,
        "shutdown_timeout_seconds": layer.shutdown_timeout,
        "event_timeout_seconds": layer.event_timeout,
        "start_ahead": "as starts take" if layer.start_ahead is None else f"{layer.start_ahead:g} s",
        "capacity": [_capacity(item) for item in layer.capacity],
        "apps": [app.name for app in stack.apps.values() if layer.name in app.layers],
        "instances": {item.name: item.state for item in whole.instances if layer.name in item.layers},
    }


def _ingress(stack: Stack, layer: Layer) -> list[str] | str:
    """Return what reaches the layer's instances, in words."""
    return sorted(map(str, wanted(stack)[layer.name])) if layer.ingress is not None else "anything"


def _capacity(capacity: Capacity) -> dict[str, Any]:
    return {"instances": capacity.instances, "timezone": capacity.during.timezone, **_hours(capacity.during)}


def _hours(schedule: Schedule) -> dict[str, str]:
    """Return the hours of a schedule by weekday and date."""
    weekly = {day: hours for day, hours in zip(WEEKDAYS, schedule.weekly, strict=True) if hours}
    dated = {str(dates): hours for dates, hours in schedule.dated}
    found = {key: ", ".join(map(str, hours)) for key, hours in {**weekly, **dated}.items()}
    return {**found, **({"except": ", ".join(map(str, schedule.excepted))} if schedule.excepted else {})}


def _recipe(recipe: Recipe) -> str:
    return f"{recipe.type.value} {recipe.name}"


def _app(known: Known, name: str) -> dict[str, Any]:
    stack, state = known.stack, known.state()
    app = stack.apps[name]
    live = state.deployments.get(name)
    return {
        "layers": app.layers,
        "source": app.source,
        "database": app.database,
        "domains": app.domains,
        "environment": {
            key: "(encrypted)" if isinstance(value, Secret) else "(set)" for key, value in app.environment.items()
        },
        "attributes": app.attributes,
        "releases_kept": app.keep,
        "live": live if live is not None and live.release else None,
        "instances": {
            instance.name: next((item for item in record.apps if item.app == name), None) if record else None
            for instance in stack.instances.values()
            if app in stack.apps_of(instance)
            for record in (state.instances.get(instance.name),)
        },
    }


def _stack(known: Known, whole: StackStatus) -> dict[str, Any]:
    stack = known.stack
    hosts = {item.name: item.data.get("host") for item in known.resources() if item.kind is ResourceKind.DATABASE}
    return {
        "file": stack.path,
        "definition": stack.digest,
        "data": stack.data,
        "state": make_url(stack.state).render_as_string(hide_password=True),
        "timezone": stack.timezone,
        "provider": {"type": stack.provider.type, **_masked(stack.provider.options)},
        "attributes": stack.attributes,
        "generation": whole.generation,
        "counts": whole.counts,
        "urls": whole.urls,
        "layers": {layer.name: f"{layer.online} of {len(layer.instances)} online" for layer in whole.layers},
        "instances": {item.name: item.state for item in whole.instances},
        "apps": {name: known.state().deployments.get(name) for name in stack.apps},
        "databases": {
            name: {"engine": database.engine, "host": database.host or hosts.get(name, "(not made yet)")}
            for name, database in stack.databases.items()
        },
        "resources": [f"{item.kind.value} {item.name}" for item in known.resources()],
    }


def _masked(value: Any) -> Any:
    """Return settings without what looks like a secret in them."""
    if isinstance(value, Mapping):
        return {
            key: "(hidden)" if _SENSITIVE.search(str(key)) and isinstance(item, str) else _masked(item)
            for key, item in value.items()
        }
    return [_masked(item) for item in value] if isinstance(value, list | tuple) else value
