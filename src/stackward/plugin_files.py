"""Plugins of a project's own: Python files in folders of `plugins/`, each with one function that makes something."""

from __future__ import annotations

import difflib
import importlib.util
import os.path
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackward.errors import StackwardError


@dataclass(frozen=True, slots=True)
class PluginKind:
    """A kind of plugin: its folder below `plugins/`, the function in each file, what that makes, and its error."""

    folder: str
    function: str
    what: str
    error: type[StackwardError]


def folders(folder: str, beside: str, environment: Mapping[str, str], current: str) -> tuple[Path, ...]:
    """Where a project keeps its own plugins that are in a `folder` of plugins/, the first choice first.

    That is the folder above the stack file's, the one that is `beside` it, the one of the ansible.cfg that Ansible was
    told to use, and the current one.
    """
    projects = [Path(beside).parent, Path(beside)]
    if configuration := environment.get("ANSIBLE_CONFIG"):
        path = Path(configuration)
        # os.path says no where pathlib raises for a path that may not be looked at.
        projects.append(path if os.path.isdir(path) else path.parent)  # noqa: PTH112
    projects.append(Path(current))
    return tuple(dict.fromkeys(project / "plugins" / folder for project in projects))


def available(places: Iterable[Path], built_in: Iterable[str]) -> tuple[str, ...]:
    """The names of everything that can be chosen."""
    own = {file.stem for place in places for file in place.glob("*.py") if not file.stem.startswith("_")}
    return tuple(sorted({*built_in, *own}))


def own(kind: PluginKind, name: str, places: tuple[Path, ...], built_in: Iterable[str]) -> tuple[Path, Any]:
    """The file of that name and its function. Raises the kind's error where there is none or it cannot be loaded."""
    if re.fullmatch(r"[A-Za-z]\w*", name):
        for place in places:
            if (file := place / f"{name}.py").is_file():
                return file, _function(kind, file)
    known = available(places, built_in)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There is {', '.join(known)}."
    raise kind.error(
        f"There is no {kind.what} {name!r}. {hint} One of your own is a file {places[0] / name}.py; "
        "plugins/README.md says how."
    )


def _function(kind: PluginKind, file: Path) -> Callable[..., Any]:
    specification = importlib.util.spec_from_file_location(f"stackward_plugins_{kind.folder}_{file.stem}", file)
    if specification is None or specification.loader is None:
        raise kind.error(f"{file} is not a Python file that can be loaded.")
    module = importlib.util.module_from_spec(specification)
    try:
        specification.loader.exec_module(module)
    except Exception as error:
        # Whatever a plugin of somebody else's raises, the reader needs to know which file it was.
        raise kind.error(f"The {kind.what} {file} cannot be loaded: {type(error).__name__}: {error}.") from error
    function = getattr(module, kind.function, None)
    if not callable(function):
        raise kind.error(f"{file} has no function {kind.function}(options, stack, data).")
    made: Callable[..., Any] = function
    return made


def whole(kind: PluginKind, file: Path, made: Any, required: Iterable[str]) -> Any:
    """What a plugin has made, if nothing is missing from it. Raises the kind's error."""
    if missing := [name for name in required if not hasattr(made, name)]:
        raise kind.error(f"What {file} makes is not a whole {kind.what}; it lacks {', '.join(missing)}.")
    return made
