"""Whether an instance has several layers of a kind that has a machine's one service for itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackward.definition import raw
from stackward.definition.built_in import BuiltInLayers
from stackward.definition.mistake import Finding, Mistake, shown


def findings(data: Any, built_in: BuiltInLayers) -> Iterator[Finding]:
    """Every second layer of such a kind, where an instance lists it."""
    for instance in raw.mapping(data, "instances"):
        first: dict[str, str] = {}
        for position, layer in raw.texts(data, "instances", instance, "layers"):
            uses = raw.text(data, "layers", layer, "uses") or ""
            kind = built_in.get(uses)
            if kind is None or not kind.alone:
                continue
            owner = first.setdefault(uses, layer)
            if owner != layer:
                yield (
                    ("instances", instance, "layers", position),
                    Mistake(
                        f"the layers {shown(owner)} and {shown(layer)} both use {uses}, which is there once on a "
                        "machine: each would overwrite what the other one says",
                        "give an instance one of them",
                    ),
                )
