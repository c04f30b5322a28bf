"""Which release of an app belongs on an instance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from stackward.definition.model import App, Stack
from stackward.engine.sources import Fetched, fetch
from stackward.state.records import Deployment, RolloutStatus, StackState
from stackward.state.store import Store


def release_name(revision: str, at: datetime) -> str:
    """A release's folder name: when it was first asked for (UTC), and the beginning of its revision."""
    return f"{at:%Y%m%dT%H%M%SZ}-{revision[:10]}"


def live(state: StackState, app: App) -> Deployment | None:
    """What the app's last successful deploy put live; None before the first one and after an undeploy."""
    deployment = state.deployments.get(app.name)
    return deployment if deployment is not None and deployment.release else None


def undeployed(state: StackState, app: App) -> bool:
    """Whether somebody undeployed the app: new instances then come up without it."""
    deployment = state.deployments.get(app.name)
    return deployment is not None and not deployment.release


def wanted(stack: Stack, state: StackState, app: App, now: datetime, revision: str | None = None) -> Deployment:
    """The release for a deploy asked for now. The same revision as the live one keeps that release, so nothing ships.

    Raises StackwardError if the source cannot be fetched.
    """
    fetched: Fetched = fetch(stack.data, app, revision)
    current = live(state, app)
    if current is not None and current.revision == fetched.revision:
        return current
    return Deployment(app.name, release_name(fetched.revision, now), fetched.revision, now)


def archive(stack: Stack, app: App, deployment: Deployment) -> str:
    """The release's code on this controller. Raises StackwardError if it is not here and cannot be fetched."""
    return str(fetch(stack.data, app, deployment.revision).archive)


def before(store: Store, stack: Stack, state: StackState, name: str, deployment: Deployment) -> tuple[str, ...]:
    """The releases that an instance keeps beside this one: its own, and the one that was live in the stack before."""
    record = state.instances.get(name)
    own = [item.release for item in record.apps if item.app == deployment.app] if record is not None else []
    past = store.rollouts(stack.name, app=deployment.app, limit=50)
    lived = [item.release for item in past if item.status is RolloutStatus.SUCCESSFUL]
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
    return current
