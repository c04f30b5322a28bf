"""What is left of botocore's model of a service, where only some operations are called and some members read: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, get_args, get_origin, get_type_hints, is_typeddict

Outline: TypeAlias = "dict[str, Outline]"
"""The members of a structure, or of every structure of a list, that are read; of one without an outline, all are."""

Model: TypeAlias = dict[str, Any]
"""A model as botocore keeps it in service-2.json."""

_PART = "Read"


def outline(described: Any) -> Outline:
    """The members that a TypedDict has, and those of the TypedDicts in it."""
    if get_origin(described) is list:
        return outline(get_args(described)[0])
    if not is_typeddict(described):
        return {}
    return {name: outline(of) for name, of in get_type_hints(described).items()}


def narrowed(model: Model, operations: Iterable[str], read: Mapping[str, Outline]) -> Model:
    """The model with those of the operations that it has. `read` outlines their answers, by operation."""
    shapes: dict[str, Any] = {}
    called = {}
    for name in operations:
        if name in model["operations"]:
            called[name] = operation = _undocumented(model["operations"][name])
            for reference in (operation.get("input"), *operation.get("errors", ())):
                if reference:
                    _whole(model, reference["shape"], shapes)
            if "output" in operation:
                operation["output"]["shape"] = _part(model, operation["output"]["shape"], read.get(name, {}), shapes)
    return {**_undocumented({**model, "operations": {}, "shapes": {}}), "operations": called, "shapes": shapes}


def is_part(name: str) -> bool:
    """Whether a shape of that name was outlined."""
    return name.endswith(_PART)


def endpoints(every: Model, services: Iterable[str]) -> Model:
    """Of botocore's endpoints.json all partitions and regions, and the services of these prefixes."""
    partitions = [
        {**partition, "services": {name: of for name, of in partition["services"].items() if name in services}}
        for partition in every["partitions"]
    ]
    return {**every, "partitions": partitions}


def _whole(model: Model, name: str, shapes: dict[str, Any]) -> None:
    if name not in shapes:
        shapes[name] = shape = _undocumented(model["shapes"][name])
        for reference in _references(shape):
            _whole(model, reference["shape"], shapes)


def _part(model: Model, name: str, read: Outline, shapes: dict[str, Any]) -> str:
    """Add what is read of a shape under a name of its own, as others may use the shape whole. Returns the name."""
    if not read:
        _whole(model, name, shapes)
        return name
    shape = _undocumented(model["shapes"][name])
    if shape["type"] == "list":
        shape["member"]["shape"] = _part(model, shape["member"]["shape"], read, shapes)
    else:
        shape["members"] = {member: of for member, of in shape["members"].items() if member in read}
        for member, reference in shape["members"].items():
            reference["shape"] = _part(model, reference["shape"], read[member], shapes)
    part = f"{name}{_PART}"
    shapes[part] = shape
    return part


def _references(shape: Model) -> Iterable[Model]:
    yield from shape.get("members", {}).values()
    yield from (shape[name] for name in ("member", "key", "value") if name in shape)


def _undocumented(value: Any) -> Any:
    """A copy without the texts for people, which are most of a model."""
    if isinstance(value, list):
        return [_undocumented(item) for item in value]
    if isinstance(value, dict):
        texts = ("documentation",) if isinstance(value.get("documentation"), str) else ()
        return {key: _undocumented(item) for key, item in value.items() if key not in texts}
    return value
