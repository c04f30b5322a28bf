"""The tags by which everything of a stack is found again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

STACK = "stackward:stack"
INSTANCE = "stackward:instance"
TOKEN = "stackward:token"  # noqa: S105  the name of a tag
PARAMETERS = "stackward:parameters"
MOUNT = "stackward:mount"
DISK = "stackward:disk"
LAYER = "stackward:layer"
DATABASE = "stackward:database"


class Tag(TypedDict):
    """A tag as the API takes and tells it."""

    Key: str
    Value: str


def read(resource: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a described resource."""
    return {tag["Key"]: tag["Value"] for tag in resource.get("Tags", ())}


def written(tags: Mapping[str, str]) -> list[Tag]:
    """Tags as the API takes them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def filters(**tags: str | Sequence[str]) -> dict[str, Sequence[str]]:
    """Filters for tags, by the last part of their names: `filters(stack="shop")`."""
    return {f"tag:stackward:{name}": [value] if isinstance(value, str) else value for name, value in tags.items()}
