"""The user's own recipes of a whole stack."""

from __future__ import annotations

from collections.abc import Iterator

from stackward.definition.model import Recipe, Stack
from stackward.lifecycle.events import Event


def recipes_of(stack: Stack) -> Iterator[tuple[str, Event, Recipe]]:
    """Every recipe with its layer's name and its event, in the order of the file.

    That a role exists is for the caller to check: only Ansible knows where it looks for roles.
    """
    for layer in stack.layers.values():
        for event, recipes in layer.recipes.items():
            for recipe in recipes:
                yield layer.name, event, recipe
