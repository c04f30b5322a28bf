"""How often a call is repeated, and after how long. botocore's own retries are off: they hide missing capacity."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from stackward.providers.ec2.answers import Meaning
from stackward.providers.ec2.errors import CallError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Policy:
    """At most `attempts`; before the second up to `first` seconds, doubled each time, at most `longest`.

    At most `unreached` where nobody could be asked: who has mistyped the region, or is offline, waits for the error.
    """

    attempts: int = 8
    unreached: int = 5
    first: float = 0.5
    longest: float = 20.0

    def ceiling(self, attempt: int) -> float:
        """The longest wait after the attempt of that number, the first being 1."""
        return float(min(self.longest, self.first * 2 ** (attempt - 1)))

    def goes_on(self, after: Meaning, attempt: int) -> bool:
        """Whether there is another attempt after that of this number."""
        return after is Meaning.LATER or (after is Meaning.UNREACHED and attempt < self.unreached)


PATIENT = Policy()
"""For every call: EC2's own buckets of requests fill again within seconds."""

ONCE = Policy(attempts=1)
"""For a call that would do its work again."""

UNCLEAR = Policy(first=5.0)
"""Where AWS is asked between two attempts whether the first did its work: it may not show that at once."""


def repeated(call: Callable[[], T], policy: Policy, pause: Callable[[float], None]) -> T:
    """Make the call, again and again while it may work later; `pause` waits seconds. Raises the last CallError."""
    for attempt in range(1, policy.attempts):
        try:
            return call()
        except CallError as error:
            if not policy.goes_on(error.meaning, attempt):
                raise
        # The whole wait is random, so that many controllers do not come back together.
        pause(random.uniform(0, policy.ceiling(attempt)))  # noqa: S311  nothing depends on it being unguessable
    return call()
