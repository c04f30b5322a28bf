"""The Horizontal Pod Autoscaler's rules on machines, to compare with.

Kubernetes, pkg/controller/podautoscaler: the number that would bring the mean to the target, rounded up; nothing within
a tolerance of 10 %; those not ready, or ready for less than a minute, count as idle when it grows, those silent as
fully busy when it shrinks; it shrinks to the most that was wanted in the last five minutes. At most doubled, or four
more, at a time. Looked at once a minute.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stackward.definition.load_scaling import CPU, LoadScaling
from stackward.scaling.load.frames import PERIOD, Frame
from stackward.scaling.load.members import Fleet
from stackward.simulator.load.controllers import Names

_TOLERANCE = 0.1
_STABILISED = timedelta(minutes=5)


@dataclass(slots=True)
class HorizontalPodAutoscaler:
    """HPA with a target for CPU."""

    policy: LoadScaling
    target: float
    name: str = "hpa"
    _wanted: deque[tuple[datetime, int]] = field(default_factory=deque)

    def look(self, fleet: Fleet, frame: Frame, now: datetime) -> tuple[Names, Names, str]:
        """See Controller."""
        current = len(fleet.working) + len(fleet.coming)
        wanted = self._recommended(fleet, frame, current, now)
        if wanted is None:
            return (), (), ""
        self._wanted.append((now, wanted))
        while self._wanted[0][0] < now - _STABILISED:
            self._wanted.popleft()
        if wanted < current:
            wanted = min(current, max(count for _, count in self._wanted))
        wanted = max(self.policy.minimum, min(wanted, self.policy.maximum, max(2 * current, current + 4)))
        why = f"{current} to {wanted}"
        if wanted > current:
            return [member.name for member in fleet.startable[: wanted - current]], (), why
        return (), [member.name for member in fleet.stoppable[: current - wanted]], why

    def _recommended(self, fleet: Fleet, frame: Frame, current: int, now: datetime) -> int | None:
        column = frame.values.get(CPU, {})
        settled = [member.name for member in fleet.working if now - member.since >= PERIOD]
        ready = [value for name in settled if math.isfinite(value := column.get(name, math.nan))]
        if not ready:
            return None
        unready = len(fleet.coming) + len(fleet.names) - len(settled)
        silent = len(settled) - len(ready)
        ratio = sum(ready) / len(ready) / self.target
        if not (silent or (unready and ratio > 1)):
            # Those that are not ready are left out of a mean that shrinks.
            return current if abs(ratio - 1) <= _TOLERANCE else math.ceil(ratio * len(ready) - 1e-9)
        counted = len(ready) + silent + (unready if ratio > 1 else 0)
        filled = sum(ready) + (100 * silent if ratio < 1 else 0)
        again = filled / counted / self.target
        if abs(again - 1) <= _TOLERANCE or (ratio - 1) * (again - 1) < 0:
            return current
        wanted = math.ceil(again * counted - 1e-9)
        return current if (wanted - current) * (again - 1) < 0 else wanted
