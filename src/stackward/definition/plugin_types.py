"""Whether there are the providers and sources of measurements that a stack file names: built in, or a project's own."""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stackward import plugin_files
from stackward.definition import metrics_form, raw
from stackward.definition.mistake import Finding, Mistake, Path, closest, shown
from stackward.definition.model import OWNED
from stackward.definition.places import Places, absolute
from stackward.definition.provider_options import FORMS

# os.path says no where pathlib raises for a path that may not be looked at.
# ruff: noqa: PTH112, PTH113, PTH118, PTH208

PROVIDERS = (*sorted(FORMS), OWNED)
"""The providers that are built in."""

_NAME = r"[A-Za-z]\w*"
"""What a plugin may be called; any other name is a mistake of form."""


def findings(data: Any, places: Places, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Every provider and source that is neither built in nor a file in one of the folders for plugins."""
    places_of_types: list[Path] = [("provider", "type")]
    places_of_types += [("instances", key, "provider", "type") for key in raw.mapping(data, "instances")]
    named = [(path, raw.text(data, *map(str, path))) for path in places_of_types]
    folders = _folders("providers", places, environment)
    yield from _unknown("provider", named, PROVIDERS, folders)
    sources: list[tuple[Path, str | None]] = [
        (("metrics", name, "type"), raw.text(data, "metrics", name, "type")) for name in raw.mapping(data, "metrics")
    ]
    folders = _folders("metrics", places, environment)
    yield from _unknown("source of measurements", sources, tuple(metrics_form.BUILT_IN), folders)


def _folders(kind: str, places: Places, environment: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(map(str, plugin_files.folders(kind, places.folder, environment, absolute("."))))


def _unknown(
    what: str, named: Iterable[tuple[Path, str | None]], built_in: tuple[str, ...], folders: tuple[str, ...]
) -> Iterator[Finding]:
    for path, name in named:
        if name is None or name in built_in or not re.fullmatch(_NAME, name):
            continue
        if not any(os.path.isfile(os.path.join(folder, f"{name}.py")) for folder in folders):
            meant = closest(name, (*built_in, *_own(folders)))
            own = f"write {', '.join(built_in)}, or the name of a file in {folders[0]}"
            yield path, Mistake(f"there is no {what} {shown(name)}", f"did you mean {shown(meant)}?" if meant else own)


def _own(folders: tuple[str, ...]) -> Iterator[str]:
    for folder in folders:
        if os.path.isdir(folder):
            yield from (file.removesuffix(".py") for file in sorted(os.listdir(folder)) if file.endswith(".py"))
