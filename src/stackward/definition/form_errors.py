"""What pydantic finds wrong, said in the words of the stack file: what is wrong, and what would be right."""

from __future__ import annotations

from collections.abc import Container, Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from stackward.definition.mistake import Finding, Mistake, Path, described, flow, shown, suggestion, unsupported

_SOURCES = "write {type: git, url: …}, {type: archive, url: …}, {type: s3, bucket: …} or {type: directory, path: …}"

_RIGHT = {
    "string": "write a text",
    "list": "write a list",
    "tuple": "write a list",
    "dict": "write a mapping of keys and values",
    "model": "write a mapping of keys and values",
    "bool": "write true or false",
    "int": "write a whole number",
    "float": "write a number",
}
"""What would be right, by the first word of pydantic's error type."""


def findings(error: ValidationError, form: type[BaseModel], data: Any) -> Iterator[Finding]:
    """Yield the mistakes behind a validation error, one for each place. `form` is what `data` was checked with."""
    seen: set[tuple[Path, bool]] = set()
    for details in error.errors(include_url=False):
        location = details["loc"]
        path = _path(location, data)
        place = (path, location[-1:] == ("[key]",))
        if place in seen:
            continue
        seen.add(place)
        yield path, _mistake(details, *_field(form, location))


def keys_of(form: type[BaseModel]) -> tuple[str, ...]:
    """Return the keys that a form takes."""
    return tuple(_fields(form))


def _fields(form: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the fields of a form by their keys in the file, which may be words that Python keeps to itself."""
    return {field.alias or name: field for name, field in form.model_fields.items()}


def unknown_key(key: str, known: tuple[str, ...], later: frozenset[str]) -> Mistake:
    """For a key that its mapping does not take."""
    if key in later:
        return unsupported(shown(key))
    return Mistake("unknown key", suggestion(key, known, "keys here"))


def _mistake(details: ErrorDetails, owners: tuple[type[BaseModel], ...], field: FieldInfo | None) -> Mistake:
    kind, value, context = details["type"], details["input"], details.get("ctx", {})
    example = _example(field)
    if kind == "value_error" and isinstance(context["error"], Mistake):
        return context["error"]
    if kind == "missing":
        return Mistake("is missing", f"write {details['loc'][-1]}: {example or '…'}")
    if kind == "extra_forbidden":
        known = tuple(key for owner in owners for key in keys_of(owner))
        later = frozenset(key for owner in owners for key in getattr(owner, "later", ()))
        return unknown_key(str(details["loc"][-1]), known, later)
    if kind.startswith("union_tag"):
        return _source(value)
    if kind == "too_short":
        return Mistake("is empty", f"write {example}" if example else "write at least one")
    if kind == "literal_error":
        return Mistake(f"is {described(value)}", f"write {str(context['expected']).replace(chr(39), '')}")
    right = _RIGHT.get(kind.split("_")[0])
    if right is not None and kind.endswith(("_type", "_parsing", "_from_float")):
        return Mistake(f"is {described(value)}", f"{right}, such as {example}" if example else right)
    return Mistake(f"{shown(value)} is not accepted", f"{_rule(details)}{f', such as {example}' if example else ''}")


def _rule(details: ErrorDetails) -> str:
    """Return what would be right where a value has the right kind and breaks a rule."""
    if details["type"] == "string_pattern_mismatch":
        return f"write a text that matches {details['ctx']['pattern']}"
    said = details["msg"].removeprefix("Value error, ").replace("Input should be", "write a value", 1)
    return f"{said[:1].lower()}{said[1:]}"


def _source(value: Any) -> Mistake:
    if not isinstance(value, dict):
        return Mistake(f"is {described(value)}", _SOURCES)
    if "type" not in value:
        return Mistake("has no type", _SOURCES)
    return Mistake(f"{shown(value['type'])} is not a type of source", _SOURCES)


def _example(field: FieldInfo | None) -> str | None:
    """Return an example from the field itself, or its default value where that says something."""
    if field is None:
        return None
    if field.examples:
        return flow(field.examples[0])
    default = field.default
    telling = isinstance(default, str | int | float) and not isinstance(default, bool) and default != ""
    return shown(default) if telling else None


def _path(location: tuple[str | int, ...], data: Any) -> Path:
    """Return a location without what pydantic adds for unions and keys: what is in the data, and a missing last key."""
    path: list[str | int] = []
    for position, part in enumerate(location):
        if isinstance(part, str) and (part == "[key]" or part.startswith("#")) and part not in _parts(data):
            continue
        if part in _parts(data):
            data = data[part]
        elif not isinstance(data, dict) or position < len(location) - 1:
            break
        path.append(part)
    return tuple(path)


def _parts(data: Any) -> Container[str | int]:
    return data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()


def _field(
    form: type[BaseModel], location: tuple[str | int, ...]
) -> tuple[tuple[type[BaseModel], ...], FieldInfo | None]:
    """Return the forms that the last part of a location belongs to, and its field where there is one."""
    owners: tuple[type[BaseModel], ...] = (form,)
    types: tuple[Any, ...] = (form,)
    field: FieldInfo | None = None
    for part in location:
        owners = _forms(types)
        tagged = [owner for owner in owners if part == f"#{_literal_type(owner)}"]
        field = next((_fields(owner)[part] for owner in owners if part in _fields(owner)), None)
        if tagged:
            types = tuple(tagged)
        elif field is not None:
            types = (field.annotation,)
        else:
            types = tuple(item for each in types for item in _items(each))
    return owners, field


def _literal_type(form: type[BaseModel]) -> str | None:
    field = form.model_fields.get("type")
    return str(get_args(field.annotation)[0]) if field is not None and get_args(field.annotation) else None


def _forms(types: tuple[Any, ...]) -> tuple[type[BaseModel], ...]:
    return tuple(
        each for kind in types for each in _alternatives(kind) if isinstance(each, type) and issubclass(each, BaseModel)
    )


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _alternatives(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return tuple(each for argument in get_args(annotation) for each in _alternatives(argument))
    return (annotation,)


def _items(annotation: Any) -> tuple[Any, ...]:
    """Return the types inside a list or a mapping."""
    found: list[Any] = []
    for each in _alternatives(annotation):
        if get_origin(each) is dict:
            found.append(get_args(each)[1])
        elif get_origin(each) in (list, tuple):
            found.append(get_args(each)[0])
    return tuple(found)
