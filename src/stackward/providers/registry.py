"""Finds the provider that a stack file names: built in, or a file of the project's own in `plugins/providers/`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from stackward import plugin_files
from stackward.errors import ProviderError
from stackward.plugin_files import PluginKind

if TYPE_CHECKING:
    from stackward.definition.model import ProviderChoice, Stack
    from stackward.providers.base import Provider

Factory = Callable[[Mapping[str, Any], str, str], "Provider"]
"""Makes a provider from its options, the stack's name and the stack's data folder."""

_KIND = PluginKind("providers", "provider", "provider", ProviderError)
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
    factory = BUILT_IN.get(choice.type) or _own(choice.type, folders(stack.path, os.environ, Path.cwd()))
    return factory(choice.options, stack.name, stack.data)


def folders(stack_file: str, environment: Mapping[str, str], current: Path) -> tuple[Path, ...]:
    """Where a project keeps its own providers, the first choice first; see `plugin_files.folders`."""
    return plugin_files.folders(_KIND.folder, str(Path(stack_file).parent), environment, str(current))


def available(places: Iterable[Path]) -> tuple[str, ...]:
    """The names of every provider that can be chosen."""
    return plugin_files.available(places, BUILT_IN)


def _container(options: Mapping[str, Any], stack: str, data: str) -> Provider:
    from stackward.providers.container.provider import ContainerProvider

    return ContainerProvider(options, stack, data)


def _static(options: Mapping[str, Any], stack: str, data: str) -> Provider:  # noqa: ARG001
    from stackward.providers.static.provider import StaticProvider

    return StaticProvider(options, data)


def _ec2(options: Mapping[str, Any], stack: str, data: str) -> Provider:  # noqa: ARG001
    from stackward.providers.ec2.provider import Ec2Provider

    return Ec2Provider(options, data)


BUILT_IN: dict[str, Factory] = {"container": _container, "ec2": _ec2, "static": _static}
"""The providers that come along, by their names."""


def _own(name: str, places: tuple[Path, ...]) -> Factory:
    file, factory = plugin_files.own(_KIND, name, places, BUILT_IN)

    def make(options: Mapping[str, Any], stack: str, data: str) -> Provider:
        return cast("Provider", plugin_files.whole(_KIND, file, factory(options, stack, data), _REQUIRED))

    return make
