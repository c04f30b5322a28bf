"""Brings a release to the instances of an app: opens rollouts, records how each batch went, and closes them."""

from __future__ import annotations

from stackward.engine.rollouts.asking import Asker, Wanted, in_place_of_what_is_live, request_rollout
from stackward.engine.rollouts.batching import arguments_of
from stackward.engine.rollouts.closing import conclude, told
from stackward.engine.rollouts.judging import failed, note_failure, taken_back, verdict
from stackward.engine.rollouts.locking import alive, lock, locked, observations, release_lock

__all__ = [
    "Asker",
    "Wanted",
    "alive",
    "arguments_of",
    "conclude",
    "failed",
    "in_place_of_what_is_live",
    "lock",
    "locked",
    "note_failure",
    "observations",
    "release_lock",
    "request_rollout",
    "taken_back",
    "told",
    "verdict",
]
