"""What the start of a warm instance leaves out: the recipes of Setup that would do nothing else than the last time.

The built-in parts are applied all the same, as they change only what is different, and so is Deploy, which brings what
was deployed meanwhile.
"""

from __future__ import annotations

from stackward.definition.model import Stack
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import Initiator
from stackward.planner.plan import Action, Move
from stackward.rollout.contents import Contents, of_instance, part_of, unchanged
from stackward.state.records import InstanceRecord


def left_out(stack: Stack, move: Move, record: InstanceRecord, contents: Contents) -> tuple[str, ...]:
    """The recipes of Setup that a move leaves out, by their names as parts, in order.

    Only the start of a warm instance does. Healing trusts nothing that was there before.
    """
    if move.action is not Action.START or move.initiator is Initiator.AUTO_HEALING:
        return ()
    return spared(stack, record, contents)


def spared(stack: Stack, record: InstanceRecord, contents: Contents) -> tuple[str, ...]:
    """The recipes of Setup that an instance need not run again when it starts.

    Only one of a pool is warm, and only with the machine on which Setup has run to its end.
    """
    instance = stack.instances.get(record.name)
    if instance is None or not instance.pooled or record.machine is None:
        return ()
    recipes = {
        part_of(recipe, layer) for layer in stack.layers_of(instance) for recipe in layer.recipes.get(Event.SETUP, ())
    }
    same = unchanged(record.ran.get(Event.SETUP), of_instance(stack, instance, contents, Event.SETUP))
    return tuple(name for name in same if name in recipes)


def told(names: tuple[str, ...]) -> str:
    """Say what is left out, "" where nothing is."""
    return f"Setup leaves out what has not changed since it ran there: {', '.join(names)}" if names else ""
