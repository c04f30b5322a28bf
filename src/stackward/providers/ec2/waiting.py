"""What is waited for after a call, as data, and one way to wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from stackward.errors import ProviderError
from stackward.providers.ec2.answers import Meaning
from stackward.providers.ec2.errors import CallError

T = TypeVar("T", bound=Mapping[str, Any])
"""A thing as AWS describes it."""


@dataclass(frozen=True, slots=True)
class Waiter:
    """Until a state is in `good`, asking `attempts` times, `between` seconds apart. One in `bad` ends it at once.

    `unseen` says what a thing counts as that AWS does not know: right after it was made, it may not know it yet.
    """

    what: str
    good: frozenset[str]
    bad: frozenset[str] = frozenset()
    unseen: str = "unseen"
    attempts: int = 120
    between: float = 2.5


RUNNING = Waiter("run", frozenset({"running"}), frozenset({"shutting-down", "terminated", "stopping", "stopped"}))
STOPPED = Waiter("stop", frozenset({"stopped", "terminated"}), attempts=240)
TERMINATED = Waiter("go", frozenset({"terminated"}), unseen="terminated", attempts=240)
AVAILABLE = Waiter("be available", frozenset({"available", "in-use"}), frozenset({"error", "deleting", "deleted"}))
GROWN = Waiter("grow", frozenset({"grown"}))
ATTACHED = Waiter("be attached", frozenset({"attached"}))
DETACHED = Waiter("be detached", frozenset({"available"}), frozenset({"error", "deleting", "deleted"}))


_UNKNOWN_SECONDS = 2.5


class WaitedInVainError(ProviderError):
    """What was waited for did not become so. `last` is the last thing seen of it."""

    def __init__(self, message: str, last: Mapping[str, Any], state: str) -> None:
        self.last = last
        self.state = state
        super().__init__(message)


def wait(
    waiter: Waiter,
    name: str,
    look: Callable[[], T],
    state_of: Callable[[T], str],
    pause: Callable[[float], None],
) -> T:
    """Look until it is so, and return what was seen; `pause` waits seconds. Raises WaitedInVainError."""
    found = cast("T", {})
    state = waiter.unseen
    for attempt in range(waiter.attempts):
        if attempt:
            pause(waiter.between)
        try:
            found = look()
            state = state_of(found)
        except CallError as error:
            if error.meaning is not Meaning.MISSING:
                raise
            state = waiter.unseen
        if state in waiter.good:
            return found
        if state in waiter.bad:
            break
    raise WaitedInVainError(f"{name} was to {waiter.what}, and is {state}{_reason(found)}.", found, state)


def known(call: Callable[[], None], pause: Callable[[float], None], attempts: int = 12) -> None:
    """Make a call with what was just made: again, for some seconds each, while not all of AWS knows that."""
    for _ in range(attempts - 1):
        try:
            return call()
        except CallError as error:
            if error.meaning is not Meaning.MISSING:
                raise
        pause(_UNKNOWN_SECONDS)
    return call()


def _reason(found: Mapping[str, Any]) -> str:
    said = found.get("StateReason", {}).get("Message")
    return f" ({said})" if said else ""
