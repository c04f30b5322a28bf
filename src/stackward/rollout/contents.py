"""What an instance ran last at an event, part by part, and what it would run there now.

A part is one recipe or one layer's built-in part, by a name for a person; its text differs where its content does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from posixpath import basename

from stackward.attributes import custom_of
from stackward.definition.model import App, Instance, Layer, Recipe, RecipeType, Stack
from stackward.lifecycle.events import Event
from stackward.rollout.digest import short

ATTRIBUTES = "a custom attribute"
"""The part of Setup that stands for what its recipes are told and that no other instance has a share in."""

Parts = Mapping[str, str]
"""The parts of one event on one instance, in the order in which they run."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a stack would run now: parts by layer and event, and by app the hooks of its deploys.

    Events of other kinds have no parts.
    """

    layers: Mapping[str, Mapping[Event, Parts]]
    hooks: Mapping[str, Parts] = field(default_factory=dict)

    def of(self, layers: Iterable[str], event: Event) -> dict[str, str]:
        """The parts of an event on an instance that has these layers, which are in the order of the file."""
        return {name: text for layer in layers for name, text in self.layers.get(layer, {}).get(event, {}).items()}


def part_of(recipe: Recipe, layer: Layer) -> str:
    """The name of the part that a recipe of a layer is."""
    return f"{_named(recipe)} of {layer.name}"


def hook_of(recipe: Recipe, place: str, app: App) -> str:
    """The name of the part that a recipe is at a place in the deploys of an app."""
    return f"the hook {place} of {app.name}, {_named(recipe)},"


def _named(recipe: Recipe) -> str:
    kinds = {RecipeType.ROLE: "role", RecipeType.COMMAND: "command"}
    return f"{kinds.get(recipe.type, 'recipe')} {recipe.name if recipe.type in kinds else basename(recipe.name)}"


def of_instance(stack: Stack, instance: Instance, contents: Contents, event: Event) -> dict[str, str]:
    """The parts of an event on an instance of the file; where Setup has recipes, its attributes come before them."""
    layers = stack.layers_of(instance)
    parts = contents.of([layer.name for layer in layers], event)
    if event is not Event.SETUP or not any(layer.recipes.get(event) for layer in layers):
        return parts
    return {ATTRIBUTES: short(custom_of(stack, instance)), **parts}


def unchanged(ran: Parts | None, now: Parts) -> tuple[str, ...]:
    """The parts that would do nothing else than the last time: those before the first one that differs.

    What comes after a changed recipe may build on it, so it is not among them.
    """
    pairs = zip((ran or {}).items(), now.items(), strict=False)
    return tuple(name for (name, _), _now in takewhile(lambda pair: pair[0] == pair[1], pairs))


def same(ran: Parts | None, now: Parts) -> bool:
    """Whether the event would do nothing else than the last time. Of one that is not known to have run, nobody can say.

    The order counts: recipes build on each other.
    """
    return ran is not None and list(ran.items()) == list(now.items())


def differing(ran: Mapping[Event, Parts], now: Mapping[Event, Parts]) -> tuple[str, ...]:
    """Say what would be different now of the events that are known to have run, once for all of which it is so."""
    found: dict[str, list[str]] = {}
    for event, parts in now.items():
        for text in changes(ran.get(event), parts):
            found.setdefault(text, []).append(event.value)
    return tuple(f"{text} since {' and '.join(events)} ran there" for text, events in found.items())


def changes(ran: Parts | None, now: Parts) -> Iterator[str]:
    """Say what is different now, nothing where it is not known what ran."""
    if ran is None or same(ran, now):
        return
    texts = [f"{name} has changed" for name, text in now.items() if ran.get(name, text) != text]
    texts += [f"{name} has come" for name in now if name not in ran]
    texts += [f"{name} has gone" for name in ran if name not in now]
    yield from texts or ("the order of recipes has changed",)
