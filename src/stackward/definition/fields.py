"""How a form reads a value and what the schema says of it; with the fields that stand in several forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema

from stackward.definition import values


def read(function: Callable[[Any], Any], schema: dict[str, Any]) -> tuple[PlainValidator, WithJsonSchema]:
    """Return what makes a field one whose values this function reads. It raises Mistake for a wrong one."""
    return PlainValidator(function), WithJsonSchema(schema)


def text(pattern: str, rule: str, example: str) -> tuple[PlainValidator, WithJsonSchema]:
    """Return what makes a field a text that the pattern fits as a whole; `rule` says in words what is right."""
    whole = f"(?:{pattern})" if "|" in pattern else pattern
    return read(values.text(pattern, rule, example), {"type": "string", "pattern": f"^{whole}$"})


FilePath = Annotated[str, *read(values.file_path, {"type": "string", "minLength": 1})]
TimeZone = Annotated[str, *read(values.timezone, {"type": "string"})]
Attributes = Annotated[dict[str, Any], Field(default_factory=dict, examples=[{"motd": "Shop"}])]
ProviderType = Annotated[str, *text("[a-z][a-z0-9_-]*", "the name of a provider in lower-case letters", "container")]
