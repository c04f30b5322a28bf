"""Where an instance is not what the last successful deploy of an app put live, or ran other recipes than now."""

from __future__ import annotations

from collections.abc import Sequence

from stackward.definition.model import App, Instance, Layer, Stack
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import MEMBERS
from stackward.rollout import due
from stackward.rollout.contents import Contents, changes, differing, of_instance
from stackward.rollout.digest import digest
from stackward.state.records import AppRelease, InstanceRecord, StackState

_SHORT = 7


def drift(stack: Stack, state: StackState, contents: Contents | None = None) -> dict[str, tuple[str, ...]]:
    """Say by instance what differs, of those that are online and not being deployed to; instances without are left out.

    A stopped instance catches up in its Setup, so it has no drift. Without `contents` nothing is said of recipes.
    """
    busy = {rollout.app for rollout in state.rollouts.values()}
    kept = due.kept_by(stack, state)
    found = {}
    for name, instance in stack.instances.items():
        record = state.instances.get(name)
        if record is None or record.state not in MEMBERS:
            continue
        texts = [
            text
            for app in stack.apps_of(instance)
            if app.name not in busy
            for text in (*_of_app(stack, state, record, app.name), *_of_hooks(record, app.name, contents))
        ]
        if name in kept:
            texts.insert(0, f"{due.why(stack, record)}, but {_failed(kept[name])}")
        if contents is not None:
            texts += differing(record.ran, would_run(stack, instance, contents))
        if texts:
            found[name] = tuple(texts)
    return found


def other_settings(stack: Stack, app: App, instance: Instance, there: AppRelease | None) -> bool:
    """Whether the file gives the app other settings than those with which it was deployed on the instance.

    Where it is not known to have been deployed, or with what, it does not.
    """
    return there is not None and bool(there.digest) and there.digest != digest(stack, app, instance, there.release)


def would_run(stack: Stack, instance: Instance, contents: Contents) -> dict[Event, dict[str, str]]:
    """What the instance would run now, by event."""
    return {event: of_instance(stack, instance, contents, event) for event in Event}


def departed(stack: Stack, record: InstanceRecord) -> tuple[str, ...]:
    """The apps that are on an instance and do not belong there any more."""
    instance = stack.instances.get(record.name)
    mine = {app.name for app in stack.apps_of(instance)} if instance is not None else set()
    return tuple(item.app for item in record.apps if item.app not in mine)


def leaving(stack: Stack, record: InstanceRecord) -> tuple[str, ...]:
    """The layers that an instance of the file is set up for and that it does not have any more."""
    return tuple(layer for layer in record.layers if layer not in stack.instances[record.name].layers)


def gone(stack: Stack, record: InstanceRecord, layers: Sequence[str]) -> tuple[Layer, ...]:
    """Of these layers of an instance those that have left the file, as far as they are remembered: their built-in part.

    One that is not remembered, or had none, is left out.
    """
    left = [name for name in layers if name not in stack.layers and name in record.uses]
    return tuple(Layer(name, uses=record.uses[name]) for name in left)


def _failed(names: Sequence[str]) -> str:
    whose = "its Setup has" if len(names) == 1 else "their Setups have"
    return f"not before {', '.join(names)} {'is' if len(names) == 1 else 'are'} online again: {whose} failed"


def _of_app(stack: Stack, state: StackState, record: InstanceRecord, name: str) -> list[str]:
    live = state.deployments.get(name)
    if live is None:
        return []
    there = next((item for item in record.apps if item.app == name), None)
    if there is None:
        return [f"{name} is not there, live is {live.revision[:_SHORT]}"] if live.release else []
    if not live.release:
        return [f"{name} {there.revision[:_SHORT]} is there, and it was undeployed"]
    if there.release != live.release:
        return [f"{name} is {there.revision[:_SHORT]}, live is {live.revision[:_SHORT]}"]
    if other_settings(stack, stack.apps[name], stack.instances[record.name], there):
        return [f"{name} was deployed with other settings, which stackward deploy --app {name} brings"]
    return []


def _of_hooks(record: InstanceRecord, name: str, contents: Contents | None) -> tuple[str, ...]:
    there = next((item for item in record.apps if item.app == name), None)
    if contents is None or there is None or there.hooks is None:
        return ()
    return tuple(
        f"{text} since {name} was deployed there" for text in changes(there.hooks, contents.hooks.get(name, {}))
    )
