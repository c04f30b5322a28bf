"""The stack file of a twin: a stack of its own with one instance like another one, to break and to heal.

It stands apart from the stack that it is made after: no load balancer, database or agent of that stack knows it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

import yaml

from stackward.definition import host_pattern
from stackward.definition.mistake import Mistake
from stackward.definition.model import App, Instance, Stack
from stackward.lifecycle.health import Remedy

WITNESS = "twin-witness"
"""The instance beside the twin that says so too when the twin is silent."""

_WITNESSES = "twin_witness"

_STACK_KEYS = frozenset({"plugin", "timezone", "provider", "attributes", "users"})
_NO_LAYER_KEYS = frozenset({"healing", "scaling", "pool", "capacity", "start_ahead", "timezone"})
_INSTANCE_KEYS = frozenset({"layers", "attributes", "provider"})
_NO_APP_KEYS = frozenset({"tls", "layers"})
_HEALING = {"after": 1, "back_off": 1, "tries": 20, "max_unavailable": "100%"}


@dataclass(frozen=True, slots=True)
class Twin:
    """The text of the file, the stack's name, and the apps that cannot run there, each with the reason."""

    text: str
    stack: str
    left_out: tuple[str, ...] = ()


def name_of(stack: str) -> str:
    """The name of the twin's stack."""
    return f"{stack}-twin"


def twin(text: str, stack: Stack, instance: Instance, remedies: Iterable[Remedy]) -> Twin:
    """Return the file of an instance's twin, from the text that the stack was read from; what is encrypted stays so."""
    root = cast("yaml.MappingNode", yaml.compose(text, Loader=yaml.SafeLoader))
    layers = _only(_child(root, "layers"), instance.layers)
    for _, layer in layers.value:
        _drop(layer, _NO_LAYER_KEYS)
        healing = {**_HEALING, "remedies": [remedy.value for remedy in remedies]}
        _put(layer, "healing", _node(healing))
    layers.value.append((_node(_WITNESSES), _node({"healing": {"enabled": False}})))
    left_out = {
        app.name: why
        for app in stack.apps.values()
        if set(app.layers) & {*instance.layers} and (why := _cannot_run(app, instance))
    }
    chosen = [
        app.name for app in stack.apps.values() if set(app.layers) & {*instance.layers} and app.name not in left_out
    ]
    apps = _only(_child(root, "apps"), chosen)
    for key, app in apps.value:
        _drop(app, _NO_APP_KEYS)
        its = [layer for layer in stack.apps[key.value].layers if layer in instance.layers]
        _put(app, "layers", _node(its))
        deploy = _child(app, "deploy")
        _drop(deploy, frozenset({"batch"}))
    # Its network must not be that of the stack itself.
    _drop(_child(root, "provider"), frozenset({"subnet"}))
    made = _written(root, instance.name)
    _keep(made, _INSTANCE_KEYS)
    _put(made, "layers", _node(list(instance.layers)))
    instances = _mapping({WITNESS: {"layers": [_WITNESSES]}})
    _put(instances, instance.name, made)
    _keep(root, _STACK_KEYS)
    _put(root, "name", _node(name_of(stack.name)))
    _put(root, "layers", layers)
    _put(root, "instances", instances)
    if apps.value:
        _put(root, "apps", apps)
    said = tuple(f"{name}: {why}" for name, why in left_out.items())
    return Twin(yaml.serialize(root, Dumper=yaml.SafeDumper), name_of(stack.name), said)


def _cannot_run(app: App, instance: Instance) -> str:
    if app.database is not None and app.database not in instance.layers:
        return f"its database is in layer {app.database}, which {instance.name} does not have"
    return ""


def _written(root: yaml.MappingNode, name: str) -> yaml.MappingNode:
    """What the file says of an instance by itself; nothing of one of a pool."""
    for key, value in _child(root, "instances").value:
        try:
            its = name in host_pattern.parse(key.value).names()
        except Mistake:
            continue
        if its and isinstance(value, yaml.MappingNode):
            return yaml.MappingNode(value.tag, list(value.value))
    return _mapping({})


def _node(data: object) -> yaml.Node:
    return yaml.SafeDumper(io.StringIO()).represent_data(data)


def _mapping(data: Mapping[str, object]) -> yaml.MappingNode:
    return cast("yaml.MappingNode", _node(dict(data)))


def _child(node: yaml.Node, key: str) -> yaml.MappingNode:
    """The mapping under a key, an empty one where there is none."""
    if isinstance(node, yaml.MappingNode):
        for its, value in node.value:
            if its.value == key and isinstance(value, yaml.MappingNode):
                return value
    return yaml.MappingNode("tag:yaml.org,2002:map", [])


def _only(node: yaml.MappingNode, names: Iterable[str]) -> yaml.MappingNode:
    """The mapping with some of its keys, each value a copy that may be changed."""
    wanted = set(names)
    kept = [
        (key, yaml.MappingNode(value.tag, list(value.value)) if isinstance(value, yaml.MappingNode) else _mapping({}))
        for key, value in node.value
        if key.value in wanted
    ]
    return yaml.MappingNode(node.tag, kept)


def _keep(node: yaml.MappingNode, keys: frozenset[str]) -> None:
    node.value = [(key, value) for key, value in node.value if key.value in keys or key.value == "<<"]


def _drop(node: yaml.MappingNode, keys: frozenset[str]) -> None:
    node.value = [(key, value) for key, value in node.value if key.value not in keys]


def _put(node: yaml.MappingNode, key: str, value: yaml.Node) -> None:
    _drop(node, frozenset({key}))
    node.value.append((_node(key), value))
