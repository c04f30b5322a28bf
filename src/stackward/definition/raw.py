"""A look into data that may have any shape: a mistake in one place must not hide the mistakes in another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def mapping(data: Any, *path: str) -> Mapping[str, Any]:
    """Return the mapping at a path, empty where there is none."""
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def text(data: Any, *path: str) -> str | None:
    """Return the text at a path, None where there is none."""
    value = mapping(data, *path[:-1]).get(path[-1])
    return value if isinstance(value, str) else None


def texts(data: Any, *path: str) -> Iterator[tuple[int, str]]:
    """Yield the texts of the list at a path, with their positions."""
    for position, value in items(data, *path):
        if isinstance(value, str):
            yield position, value


def items(data: Any, *path: str) -> Iterator[tuple[int, Any]]:
    """Yield the items of the list at a path, with their positions."""
    value = mapping(data, *path[:-1]).get(path[-1])
    yield from enumerate(value if isinstance(value, list) else ())
