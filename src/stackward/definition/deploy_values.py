"""How the values of an app's `deploy` are read: each function takes what YAML gives and returns it or a Mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stackward.definition import healing_values, raw, values
from stackward.definition.mistake import Finding, Mistake, described, shown, suggestion
from stackward.definition.model import Batch, Check

SHARE = r"(?:100|[1-9][0-9]?)%"
WITHIN = 30.0

_BATCH_RIGHT = 'write a number of instances, such as 2, or a part of each layer, such as "25%"'
_HEALTH_RIGHT = 'write one of {http: ":8000/healthz"}, {tcp: 8000} and {command: …}, and within: 30s if you like'
_COMMAND_RIGHT = "write a command of one line, such as ./manage.py migrate"


def batch(value: Any) -> Batch:
    """Return how many instances of a layer are deployed to at a time."""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 10_000:
        return Batch(count=value)
    if isinstance(value, str) and re.fullmatch(SHARE, value, re.ASCII):
        return Batch(share=int(value[:-1]) / 100)
    raise Mistake(f"{shown(value)} is no size of a batch", _BATCH_RIGHT)


def typed_batch(text: str) -> int | str:
    """Return a size as a person types it, as a stack file has it: 2 or "25%". Raises Mistake for what is none."""
    value = int(text) if text.isdecimal() else text
    batch(value)
    return value


def batches(value: Any) -> Batch | Mapping[str, Batch]:
    """Return one size for all layers, or one for each layer named."""
    if not isinstance(value, dict):
        return batch(value)
    if not value:
        raise Mistake("names no layer", "write {web: 25%}, or a single size for all layers")
    return {str(layer): batch(size) for layer, size in value.items()}


def health(value: Any) -> tuple[Check, float]:
    """Return the check that an instance must pass after a release, and how many seconds it has for that."""
    if not isinstance(value, dict):
        raise Mistake(f"is {described(value)}", _HEALTH_RIGHT)
    asked = {key: item for key, item in value.items() if key != "within"}
    if not asked:
        raise Mistake("has no check", _HEALTH_RIGHT)
    within = values.positive_duration(value["within"]) if "within" in value else WITHIN
    return healing_values.check(asked), within


def command(value: Any) -> str:
    """Return a command of one line; a shell reads it."""
    if not isinstance(value, str) or not value.strip() or "\0" in value or "\n" in value:
        raise Mistake(f"{shown(value)} is not a command of one line", _COMMAND_RIGHT)
    return value


def findings(data: Any) -> Iterator[Finding]:
    """Batches of layers that the app does not run on."""
    for app in raw.mapping(data, "apps"):
        layers = [name for _, name in raw.texts(data, "apps", app, "layers")]
        for layer in raw.mapping(data, "apps", app, "deploy", "batch"):
            if layer not in layers:
                yield (
                    ("apps", app, "deploy", "batch", layer),
                    Mistake(
                        f"the app does not run on layer {shown(layer)}", suggestion(layer, layers, "layers of the app")
                    ),
                )
