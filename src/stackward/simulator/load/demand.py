"""How much work there is in each minute, in instances that it would keep fully busy: made up, and always the same.

Every shape stays between a tenth and six tenths of the fleet, so that a layer of any size has something to do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

DAY = 24 * 60

_LOW, _HIGH = 0.1, 0.6


@dataclass(frozen=True, slots=True)
class Demand:
    """The work of each minute. `silent` is the part of the instances whose metrics are missing in a minute."""

    name: str
    work: tuple[float, ...]
    silent: tuple[float, ...] = ()


Shape = Callable[[int, Random], Iterator[float]]
"""The part of the way from the least to the most work, for so many minutes."""


def sine(minutes: int, _random: Random) -> Iterator[float]:
    """A quiet night and a busy day."""
    for minute in range(minutes):
        yield 0.5 - 0.5 * math.cos(2 * math.pi * minute / DAY)


def step(minutes: int, _random: Random) -> Iterator[float]:
    """Everybody comes at nine and leaves at five."""
    for minute in range(minutes):
        yield 1.0 if 9 * 60 <= minute % DAY < 17 * 60 else 0.1


def spike(minutes: int, random: Random) -> Iterator[float]:
    """Little to do, and three times a day everything at once, for half an hour, without a warning."""
    starts: list[int] = []
    for minute in range(minutes):
        if minute % DAY == 0:
            starts = sorted(minute + random.randrange(DAY - 30) for _ in range(3))
        yield 1.0 if any(start <= minute < start + 30 for start in starts) else 0.1


def noise(minutes: int, random: Random) -> Iterator[float]:
    """No pattern at all: it wanders for hours and trembles from minute to minute."""
    level = 0.5
    for _ in range(minutes):
        level = min(1.0, max(0.0, level + 0.002 * (0.5 - level) + random.gauss(0, 0.015)))
        yield min(1.0, max(0.0, level + random.gauss(0, 0.08)))


def week(minutes: int, random: Random) -> Iterator[float]:
    """Two peaks on a working day, less on Saturday and Sunday, some noise, and now and then a rush."""
    rush = 0
    for minute in range(minutes):
        hour = minute % DAY / 60
        peaks = math.exp(-((hour - 11) ** 2) / 8) + 0.8 * math.exp(-((hour - 20) ** 2) / 5)
        weekend = 0.5 if minute // DAY % 7 >= 5 else 1.0
        rush = 45 if random.random() < 1 / (2 * DAY) else rush - 1
        yield min(1.0, max(0.0, 0.05 + 0.7 * weekend * peaks + (0.3 if rush > 0 else 0) + random.gauss(0, 0.03)))


SHAPES: dict[str, Shape] = {"sine": sine, "step": step, "spike": spike, "noise": noise, "week": week}
MISSING = "missing"
"""The sine, with metrics that are not always there."""

NAMES = (*SHAPES, MISSING)


def made_up(name: str, instances: int, minutes: int, seed: int) -> Demand:
    """Return the demand of this name for a layer of so many instances."""
    random = Random(f"{name} {seed}")  # noqa: S311  the same every time, and no secret
    shape = SHAPES["sine" if name == MISSING else name]
    work = tuple(instances * (_LOW + (_HIGH - _LOW) * part) for part in shape(minutes, random))
    return Demand(name, work, tuple(_silence(minutes, random)) if name == MISSING else ())


def _silence(minutes: int, random: Random) -> Iterator[float]:
    """Yield what part is silent: some of them for a while each few hours, all of them now and then."""
    part, left = 0.0, 0
    for _ in range(minutes):
        if left <= 0:
            part = random.choices((0.0, 0.3, 1.0), (0.75, 0.2, 0.05))[0]
            left = random.randrange(10, 120) if part < 1 else random.randrange(3, 20)
        left -= 1
        yield part
