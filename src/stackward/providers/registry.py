"""Finds the provider that a stack file names: built in, or a file of the project's own in `plugins/providers/`."""

from __future__ import annotations

import difflib
import importlib.util
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from stackward.definition.model import ProviderChoice, Stack
from stackward.errors import ProviderError
from stackward.providers.base import Provider

Factory = Callable[[Mapping[str, Any], str, str], Provider]
"""Makes a provider from its options, the stack's name and the stack's data folder."""

_FOLDER = Path("plugins", "providers")
_REQUIRED = (
    "describe",
    "create",
    "start",
    "stop",
    "reboot",
    "terminate",
    "attach_address",
    "detach_address",
    "remove_stack",
    "capabilities",
)


def load(choice: ProviderChoice, *, stack: Stack) -> Provider:
    """The provider for the choice. Raises ProviderError when there is none, or when it does not take its options."""
    factory = _BUILT_IN.get(choice.type) or _own(choice.type, folders(stack.path, os.environ, Path.cwd()))
    return factory(choice.options, stack.name, stack.data)


def folders(stack_file: str, environment: Mapping[str, str], current: Path) -> tuple[Path, ...]:
    """Where a project keeps its own providers, the first choice first.

    That is the folder above the stack file's, the stack file's own, the one of the ansible.cfg that Ansible was told to
    use, and the current one.
    """
    beside = Path(stack_file).parent
    projects = [beside.parent, beside]
    if configuration := environment.get("ANSIBLE_CONFIG"):
        path = Path(configuration)
        projects.append(path if path.is_dir() else path.parent)
    projects.append(current)
    return tuple(dict.fromkeys(project / _FOLDER for project in projects))


def available(places: Iterable[Path]) -> tuple[str, ...]:
    """The names of every provider that can be chosen."""
    own = {file.stem for place in places for file in place.glob("*.py") if not file.stem.startswith("_")}
    return tuple(sorted({*_BUILT_IN, *own}))


def _container(options: Mapping[str, Any], stack: str, data: str) -> Provider:
    from stackward.providers.container.provider import ContainerProvider

    return ContainerProvider(options, stack, data)


def _static(options: Mapping[str, Any], stack: str, data: str) -> Provider:  # noqa: ARG001
    from stackward.providers.static.provider import StaticProvider

    return StaticProvider(options, data)


_BUILT_IN: dict[str, Factory] = {"container": _container, "static": _static}


def _own(name: str, places: tuple[Path, ...]) -> Factory:
    if re.fullmatch(r"[A-Za-z]\w*", name):
        for place in places:
            if (file := place / f"{name}.py").is_file():
                return _checked(file, _factory(file))
    known = available(places)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There is {', '.join(known)}."
    raise ProviderError(
        f"There is no provider {name!r}. {hint} One of your own is a file {places[0] / name}.py; "
        "plugins/README.md says how."
    )


def _factory(file: Path) -> Factory:
    specification = importlib.util.spec_from_file_location(f"stackward_plugins_providers_{file.stem}", file)
    if specification is None or specification.loader is None:
        raise ProviderError(f"{file} is not a Python file that can be loaded.")
    module = importlib.util.module_from_spec(specification)
    try:
        specification.loader.exec_module(module)
    except Exception as error:
        # Whatever a plugin of somebody else's raises, the reader needs to know which file it was.
        raise ProviderError(f"The provider {file} cannot be loaded: {type(error).__name__}: {error}.") from error
    factory = getattr(module, "provider", None)
    if not callable(factory):
        raise ProviderError(f"{file} has no function provider(options, stack, data).")
    return cast("Factory", factory)


def _checked(file: Path, factory: Factory) -> Factory:
    def make(options: Mapping[str, Any], stack: str, data: str) -> Provider:
        made = factory(options, stack, data)
        if missing := [name for name in _REQUIRED if not hasattr(made, name)]:
            raise ProviderError(f"What {file} makes is not a whole provider; it lacks {', '.join(missing)}.")
        return made

    return make
