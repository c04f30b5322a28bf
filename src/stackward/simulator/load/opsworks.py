"""Load-based scaling as AWS OpsWorks documents it, to compare with.

The mean of each metric over the layer's instances; past a threshold for the time, so many start or stop; then metrics
are ignored for a while. Any one metric suffices in both directions (User Guide, Using Automatic Load-based Scaling).
It has no bounds; it is given those of the policy here, which is kind to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stackward.definition.load_scaling import DOWN, UP, LoadScaling, Rule
from stackward.scaling.load.frames import PERIOD, Frame
from stackward.scaling.load.members import Fleet
from stackward.simulator.load.controllers import Names


@dataclass(slots=True)
class OpsWorks:
    """OpsWorks with the thresholds of a policy, or its own defaults where the policy has a target instead."""

    policy: LoadScaling
    name: str = "opsworks"
    _past: dict[str, float] = field(default_factory=dict)
    _ignored_until: datetime | None = None

    def look(self, fleet: Fleet, frame: Frame, now: datetime) -> tuple[Names, Names, str]:
        """See Controller."""
        if self._ignored_until is not None and now < self._ignored_until:
            return (), (), ""
        up = self.policy.up if self.policy.up.thresholds else UP
        down = self.policy.down if self.policy.down.thresholds else DOWN
        room = self.policy.maximum - len(fleet.working) - len(fleet.coming)
        spare = len(fleet.working) - self.policy.minimum
        if (metric := self._held("up", up, fleet, frame)) and room > 0 and fleet.startable:
            self._ignore(up, now)
            return [member.name for member in fleet.startable[: min(up.step, room)]], (), metric
        if (metric := self._held("down", down, fleet, frame)) and spare > 0 and fleet.stoppable:
            self._ignore(down, now)
            return (), [member.name for member in fleet.stoppable[: min(down.step, spare)]], metric
        return (), (), ""

    def _held(self, side: str, rule: Rule, fleet: Fleet, frame: Frame) -> str:
        """Return a metric that has been past its threshold for long enough, "" if there is none."""
        found = ""
        for metric, limit in rule.thresholds.items():
            column = frame.values.get(metric, {})
            values = [value for name in fleet.names if math.isfinite(value := column.get(name, math.nan))]
            if not values:
                continue
            mean = sum(values) / len(values)
            key = f"{side} {metric}"
            past = mean > limit if side == "up" else mean < limit
            self._past[key] = self._past.get(key, 0.0) + PERIOD.total_seconds() if past else 0.0
            if self._past[key] >= rule.hold:
                found = found or f"{metric} {'above' if side == 'up' else 'below'} {limit:g}"
        return found

    def _ignore(self, rule: Rule, now: datetime) -> None:
        self._ignored_until = now + timedelta(seconds=rule.wait)
        self._past.clear()
