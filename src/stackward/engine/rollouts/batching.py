"""How a release is brought to its instances: what the command of each is given, batch by batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stackward.definition.model import App, Stack
from stackward.lifecycle.events import Event
from stackward.rollout import turns
from stackward.rollout.actions import ACTION, ACTIONS, RESTART
from stackward.rollout.batches import batches, batches_of_layers
from stackward.rollout.digest import digest
from stackward.state.records import (
    AppRelease,
    Deployment,
    StackState,
)


def arguments_of(
    stack: Stack,
    app: App,
    targets: Sequence[str],
    state: StackState,
    wanted: Deployment,
    attributes: Mapping[str, Any],
    kind: str = "deploy",
    *,
    migrates: bool = False,
) -> dict[str, dict[str, Any]]:
    """What the command of each instance is given, in the order of the batches.

    Instances that have the release already, with all that belongs to it, go first and all together: nothing changes
    there. Where the release has yet to be migrated (`migrates`) and all have it, one of them goes as if it had not.
    """
    common: dict[str, Any] = {"app": app.name, "release": wanted.release, "revision": wanted.revision}
    if attributes:
        common["attributes"] = dict(attributes)
    if kind in ACTIONS:
        return _of_action(stack, app, targets, {**common, ACTION: kind})
    same = [name for name in targets if _unchanged(stack, app, name, state, wanted)]
    if migrates and len(same) == len(targets):
        same = same[1:]
    changed = [name for name in targets if name not in same]
    planned: dict[str, dict[str, Any]] = {}
    for name in same:
        planned[name] = {**common, turns.WAVE: 0, turns.UNCHANGED: True}
    waves = batches(stack, app, changed) if kind == "deploy" else batches_of_layers(stack, app, changed)
    for place, wave in enumerate(waves, 1):
        for name in wave:
            planned[name] = {**common, turns.WAVE: place, "waves": len(waves)}
    return planned


def _of_action(stack: Stack, app: App, targets: Sequence[str], common: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """A restart goes in the batches of a deploy; an app is stopped and started everywhere at once."""
    waves = batches_of_layers(stack, app, targets) if common[ACTION] == RESTART else (tuple(targets),)
    return {
        name: {**common, turns.WAVE: place, "waves": len(waves)} for place, wave in enumerate(waves, 1) for name in wave
    }


def _unchanged(stack: Stack, app: App, name: str, state: StackState, wanted: Deployment) -> bool:
    """Whether a deploy would find everything there, and no automation of the user's own takes part in it."""
    instance = stack.instances[name]
    if app.deploy.hooks or any(layer.recipes.get(Event.DEPLOY) for layer in stack.layers_of(instance)):
        return False
    is_there = AppRelease(app.name, wanted.release, wanted.revision)
    found = next((item for item in state.instances[name].apps if item == is_there), None)
    return found is not None and found.digest == digest(stack, app, instance, wanted.release)
