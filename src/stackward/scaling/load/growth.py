"""How many instances are to be added, counting those that are on their way."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stackward.definition.load_scaling import PERCENT
from stackward.scaling.load.conditions import Condition, Kind, Rules
from stackward.scaling.load.reading import Reading

_SATURATED = 95.0
"""From here on a percentage no longer says how much more there would be to do."""

_HIDDEN = 1.5
"""How much work a saturated fleet is taken to have, as a multiple of what it shows."""


@dataclass(frozen=True, slots=True)
class Strength:
    """How many work and count, and how many come (or have come and are not warm yet)."""

    working: int
    coming: int

    @property
    def all(self) -> int:
        """Everybody who can be counted on."""
        return self.working + self.coming


@dataclass(frozen=True, slots=True)
class Growth:
    """How many to add, and why, in words."""

    count: int
    why: str


def growths(
    rules: Rules, fired: Iterator[Condition], readings: Mapping[str, Reading], strength: Strength, *, quiet: bool
) -> Iterator[Growth]:
    """Yield what each condition that has held for long enough asks for. `quiet`: the wait of `up` is not over."""
    for condition in fired:
        if condition.kind is Kind.TARGET:
            yield _towards(condition, readings[condition.subject], strength)
        elif quiet:
            yield Growth(0, f"{condition.name}, but it is not time for the next step")
        elif condition.kind is Kind.ALARM:
            yield _alarmed(condition, rules, strength)
        else:
            yield _step(condition, rules, readings[condition.subject], strength)


def _towards(condition: Condition, reading: Reading, strength: Strength) -> Growth:
    mean = reading.mean or 0.0
    wanted = math.ceil(strength.working * _believed(condition, mean) / condition.limit - 1e-9)
    why = f"{condition.subject} is {mean:.3g}, the target {condition.limit:g} needs {wanted} of {strength.all}"
    return Growth(max(0, wanted - strength.all), why)


def _alarmed(condition: Condition, rules: Rules, strength: Strength) -> Growth:
    if strength.coming:
        return Growth(0, f"{condition.name}, but {strength.coming} on the way may be enough")
    return Growth(rules.policy.up.step, condition.name)


def _step(condition: Condition, rules: Rules, reading: Reading, strength: Strength) -> Growth:
    mean = reading.mean or 0.0
    shown = f"{condition.name}: it is {mean:.3g}"
    if strength.coming:
        expected = _believed(condition, mean) * strength.working / strength.all
        if expected <= condition.limit:
            return Growth(0, f"{shown}, but {strength.coming} on the way will bring it to {expected:.3g}")
    return Growth(rules.policy.up.step, shown)


def _believed(condition: Condition, mean: float) -> float:
    """What the mean is taken to be: a saturated fleet shows less than there is to do."""
    return mean * _HIDDEN if condition.subject in PERCENT and mean >= _SATURATED else mean
