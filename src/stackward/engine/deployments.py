"""Which release of an app belongs on an instance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from stackward.definition.model import App, Instance, Stack
from stackward.engine.code import pruning
from stackward.engine.sources import Fetched, fetch
from stackward.errors import StackwardError
from stackward.layers import port_by_deploy
from stackward.lifecycle.releases import release_name
from stackward.lifecycle.states import State
from stackward.rollout.actions import services_of
from stackward.rollout.digest import digest
from stackward.rollout.trail import trail
from stackward.state.records import AppRelease, Deployment, Rollout, RolloutStatus, StackState
from stackward.state.store import Store

_LOOKED_AT = 200
"""Rollouts of an app from which it is told what was live before."""


def as_deployed(stack: Stack, app: App, instance: Instance, deployment: Deployment) -> AppRelease:
    """What is on an instance once the release is live there by the stack file of now."""
    return AppRelease(
        app.name,
        deployment.release,
        deployment.revision,
        digest(stack, app, instance, deployment.release),
        port_by_deploy(stack, app, instance.layers),
    )


def live(state: StackState, app: App) -> Deployment | None:
    """What the app's last successful deploy put live; None before the first one and after an undeploy."""
    deployment = state.deployments.get(app.name)
    return deployment if deployment is not None and deployment.release else None


def undeployed(state: StackState, app: App) -> bool:
    """Whether somebody undeployed the app: new instances then come up without it."""
    deployment = state.deployments.get(app.name)
    return deployment is not None and not deployment.release


def wanted(
    store: Store, stack: Stack, state: StackState, app: App, now: datetime, revision: str | None = None
) -> Deployment:
    """The release for a deploy asked for now. A revision that hosts may have already keeps its release.

    Raises StackwardError if the source cannot be fetched.
    """
    fetched: Fetched = fetch(stack.data, app, revision)
    current = live(state, app)
    if current is not None and current.revision == fetched.revision:
        return current
    for item in store.rollouts(stack.name, app=app.name, limit=app.keep):
        if item.revision == fetched.revision and item.release:
            return Deployment(app.name, item.release, item.revision, now)
    return Deployment(app.name, release_name(fetched.revision, now), fetched.revision, now)


def kept(store: Store, stack: Stack, state: StackState, app: App) -> tuple[Deployment, ...]:
    """The releases that one can go back to, newest first: the last ones that were live, as many as hosts keep."""
    lived = store.lived(stack.name, app.name, limit=500)
    current = live(state, app)
    found = {item.release: item for item in reversed(lived)}
    newest = list(dict.fromkeys(item.release for item in lived))
    if current is not None:
        found.setdefault(current.release, current)
        newest = list(dict.fromkeys((*newest, current.release)))
    return tuple(found[release] for release in newest[: max(2, app.keep)])


def earlier(store: Store, stack: Stack, state: StackState, app: App, named: str | None = None) -> Deployment:
    """The release to go back to: the one named, by release or revision, else the one before the one that is live.

    After a deploy that was stopped, that is the one that is live: some instances may still have the new one.
    Raises StackwardError where there is none.
    """
    there = kept(store, stack, state, app)
    current = live(state, app)
    shown = ", ".join(f"{item.release} ({item.revision[:12]})" for item in there) or "none"
    if named is not None:
        found = [item for item in there if item.release == named or item.revision.startswith(named)]
        if len({item.release for item in found}) == 1:
            return found[0]
        problem = "has several releases" if found else "has no release"
        raise StackwardError(f"App {app.name} {problem} {named!r} that is kept; there is {shown}.")
    if current is not None and _mixed(state, app, current):
        return current
    way = trail(reversed(store.rollouts(stack.name, app=app.name, limit=_LOOKED_AT)))
    last = way[-2:-1] if current is not None and way[-1:] == (current.release,) else way[-1:]
    for item in there:
        if item.release in last:
            return item
    alone = [item.release for item in there] == [current.release if current is not None else None]
    others = f"only that one, {shown}." if alone else f"{shown}. Name one of them to go to it."
    raise StackwardError(f"App {app.name} has no release before the one that is live that is kept; there is {others}")


def _mixed(state: StackState, app: App, current: Deployment) -> bool:
    """Whether some instances have another release than the one that is live; those that stand still catch up later."""
    at_work = [record for record in state.instances.values() if record.state is State.ONLINE]
    there = {item.release for record in at_work for item in record.apps if item.app == app.name}
    return bool(there - {current.release})


def at_work(stack: Stack, state: StackState, app: App) -> Deployment:
    """What is live of an app that is to be restarted, stopped or started. Raises StackwardError where it cannot be."""
    current = live(state, app)
    if current is None:
        raise StackwardError(f"App {app.name} is not deployed: stackward deploy --app {app.name}.")
    if not services_of(stack, app):
        raise StackwardError(
            f"App {app.name} is no service of its own on its layers ({', '.join(app.layers)}), so it cannot be "
            "restarted, stopped or started; undeploy takes it away."
        )
    return current


def is_to_migrate(store: Store, stack: Stack, app: App, wanted: Deployment) -> bool:
    """Whether the release has been live since a Setup only, which runs no migration, and the app has one."""
    if app.deploy.migrate is None:
        return False
    deploys = [
        rollout
        for rollout in store.rollouts(stack.name, app=app.name, limit=_LOOKED_AT)
        if rollout.release == wanted.release and rollout.kind == "deploy" and rollout.status is RolloutStatus.SUCCESSFUL
    ]
    return bool(deploys) and not any(rollout.migrated for rollout in deploys)


def archive(stack: Stack, app: App, deployment: Deployment) -> str:
    """The release's code on this controller. Raises StackwardError if it is not here and cannot be fetched."""
    return str(fetch(stack.data, app, deployment.revision).archive)


def prune(store: Store, stack: Stack, app: App, now: datetime) -> tuple[str, ...]:
    """Remove code from this controller that no release of the app refers to, and that of apps that are nowhere.

    What may be gone back to stays, what is on an instance, and what is on its way. Returns what went. Raises
    StackwardError where it cannot be removed.
    """
    state = store.snapshot(stack.name)
    needed = {item.revision for item in kept(store, stack, state, app)} | revisions(state, app.name)
    gone = pruning.prune(stack.data, app.name, needed, now)
    known = {*stack.apps, *state.deployments, *(item.app for each in state.instances.values() for item in each.apps)}

    def ours(name: str) -> bool:
        return bool(store.rollouts(stack.name, app=name, limit=1))

    return (*gone, *pruning.prune_departed(stack.data, known, now, ours))


def revisions(state: StackState, app: str) -> set[str]:
    """The revisions of an app that are live, on an instance, or on their way there or back."""
    found = {item.revision for record in state.instances.values() for item in record.apps if item.app == app}
    if app in state.deployments:
        found.add(state.deployments[app].revision)
    for rollout in state.rollouts.values():
        if rollout.app == app:
            found |= {rollout.revision, rollout.before_revision}
    asked = (command.arguments for command in state.commands if command.arguments.get("app") == app)
    return found | {str(arguments["revision"]) for arguments in asked if "revision" in arguments}


def before(store: Store, stack: Stack, state: StackState, name: str, deployment: Deployment) -> tuple[str, ...]:
    """The releases that an instance keeps beside this one: its own, and the one that was live in the stack before.

    Two, as this one may yet fail: then the first is live again, and the second is the one to go back to from there.
    """
    record = state.instances.get(name)
    own = [item.release for item in record.apps if item.app == deployment.app] if record is not None else []
    lived = [item.release for item in store.lived(stack.name, deployment.app, limit=50)]
    others = [release for release in (*own, *lived) if release and release != deployment.release]
    return tuple(dict.fromkeys(others))[:2]


def for_setup(store: Store, stack: Stack, app: App, now: Callable[[], datetime]) -> Deployment | None:
    """The release that an instance gets when it is set up: the live one, else the app's first, agreed on by all."""
    state = store.snapshot(stack.name)
    if undeployed(state, app):
        return None
    current = live(state, app)
    if current is not None:
        return current
    fetched = fetch(stack.data, app)
    with store.transaction(stack.name) as transaction:
        current = live(transaction.state, app)
        if current is None:
            at = now()
            current = Deployment(app.name, release_name(fetched.revision, at), fetched.revision, at)
            transaction.set_deployment(current)
            transaction.open_rollout(_first(current))
    return current


def _first(deployment: Deployment) -> Rollout:
    """What the history says of the release that the first instance of an app has got by its Setup."""
    return Rollout(
        id=0,
        app=deployment.app,
        kind="deploy",
        release=deployment.release,
        revision=deployment.revision,
        before_release="",
        before_revision="",
        status=RolloutStatus.SUCCESSFUL,
        actor="setup",
        reason="the first instance of the app was set up",
        host="",
        process=0,
        process_started=0.0,
        started=deployment.at,
        finished=deployment.at,
    )
