"""What a project's own providers and sources of measurements say of the options that a stack file gives them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from stackward.errors import DefinitionError

if TYPE_CHECKING:
    from stackward.definition.model import ProviderChoice, Stack


def check_plugins(stacks: Iterable[Stack]) -> None:
    """Refuse stacks whose own plugins do not take their options. Raises DefinitionError with every mistake."""
    if found := tuple(f"{stack.path}: {mistake}" for stack in stacks for mistake in mistakes(stack)):
        raise DefinitionError(found)


def mistakes(stack: Stack) -> tuple[str, ...]:
    """Return what keeps the stack's own plugins from being made, each said once. Built-in ones are not made."""
    return tuple(dict.fromkeys((*_of_providers(stack), *_of_sources(stack))))


def _of_providers(stack: Stack) -> Iterator[str]:
    from stackward.errors import ProviderError
    from stackward.providers import registry

    for place, choice in (("provider", stack.provider), *_of_instances(stack)):
        if choice.type not in registry.BUILT_IN:
            try:
                registry.load(choice, stack=stack)
            except ProviderError as error:
                yield f"{place}: {error}"


def _of_instances(stack: Stack) -> Iterator[tuple[str, ProviderChoice]]:
    for name, instance in stack.instances.items():
        if instance.provider is not None and instance.provider != stack.provider:
            yield f"instances.{name}.provider", instance.provider


def _of_sources(stack: Stack) -> Iterator[str]:
    from stackward.definition.metrics_form import BUILT_IN
    from stackward.errors import MetricsError
    from stackward.observe.metrics import registry

    for name, choice in stack.metrics.items():
        if choice.type not in BUILT_IN:
            try:
                registry.load(choice, stack=stack)
            except MetricsError as error:
                yield f"metrics.{name}: {error}"
