"""Which release was live before the one that is live: deploys go on, and a rollback goes back to where it leads."""

from __future__ import annotations

from collections.abc import Iterable

from stackward.rollout.actions import ACTIONS
from stackward.state.records import Rollout, RolloutStatus


def trail(rollouts: Iterable[Rollout]) -> tuple[str, ...]:
    """The releases that lead to the live one, which is the last, by all rollouts of an app, oldest first.

    What a rollback has gone back from is on it no more: a second one goes further back, and not there again.
    """
    found: list[str] = []
    for rollout in rollouts:
        if rollout.status is not RolloutStatus.SUCCESSFUL or rollout.kind in ACTIONS:
            continue
        if rollout.kind == "rollback" and rollout.release in found:
            while found[-1] != rollout.release:
                found.pop()
        elif not found or found[-1] != rollout.release:
            found.append(rollout.release)
    return tuple(found)
