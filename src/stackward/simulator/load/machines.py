"""A layer's instances in memory: they boot, work, configure when others come and go, and stop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from stackward.definition.load_scaling import CPU, LOAD, MEMORY, PERCENT
from stackward.definition.model import InstanceType
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import Desired, State
from stackward.scaling.load.frames import Frame
from stackward.scaling.load.members import Activity, Fleet, Member, Part, part

_MINUTE = timedelta(minutes=1)
_REMEMBERED = timedelta(minutes=3)
_RING = 4096


@dataclass(frozen=True, slots=True)
class Habits:
    """How machines behave. Durations in seconds.

    `boots` are how long starts may take until an instance is online; each takes one of them by chance. A Configure
    takes the whole CPU for `configure`; an instance that has just come has more to do for `settle`. `tremble` is the
    deviation of one instance's CPU in points.
    """

    boots: tuple[float, ...] = (180.0,)
    stop: float = 60.0
    configure: float = 5.0
    settle: float = 60.0
    tremble: float = 4.0


@dataclass(slots=True)
class Machines:
    """The instances of one layer. Time moves on with `tick`."""

    members: dict[str, Member]
    habits: Habits
    metrics: Sequence[str]
    seed: int
    fleet: Fleet = field(init=False)
    _activity: dict[str, tuple[Activity, ...]] = field(default_factory=dict)
    _ends: datetime | None = None
    _due: dict[str, datetime] = field(default_factory=dict)
    _ring: list[float] = field(init=False)
    _least: float = field(init=False)
    _most: float = field(init=False)
    _random: Random = field(init=False)

    def __post_init__(self) -> None:
        random = Random(self.seed)  # noqa: S311  the same every time, and no secret
        self._random = random
        self._ring = [random.gauss(0, self.habits.tremble) for _ in range(_RING)]
        self._least, self._most = min(self._ring), max(self._ring)
        self._ring += self._ring
        self._sort()

    def tick(self, now: datetime) -> None:
        """Let those arrive whose time has come."""
        if self._due and (arrived := [name for name, at in self._due.items() if at <= now]):
            for name in arrived:
                del self._due[name]
                member = self.members[name]
                state = State.STOPPED if member.wanted is Desired.STOPPED else State.ONLINE
                self.members[name] = replace(member, state=state, since=now, wanted=None)
            self._configured(now)
            self._sort()
        elif self._ends is not None and now >= self._ends:
            self._activity, self._ends = {}, None
            self._sort()

    def start(self, names: Iterable[str], now: datetime) -> None:
        """Start stopped instances."""
        for name in names:
            self.members[name] = replace(self.members[name], state=State.BOOTING, since=now, wanted=Desired.ONLINE)
            self._due[name] = now + timedelta(seconds=self._random.choice(self.habits.boots))
        self._sort()

    def stop(self, names: Iterable[str], now: datetime) -> None:
        """Stop instances that are at work. The others are configured at once: they leave the online set now."""
        for name in names:
            self.members[name] = replace(self.members[name], state=State.STOPPING, since=now, wanted=Desired.STOPPED)
            self._due[name] = now + timedelta(seconds=self.habits.stop)
        self._configured(now)
        self._sort()

    @property
    def running(self) -> int:
        """How many machines run, and cost."""
        return len(self.fleet.working) + len(self._due)

    def frame(self, work: float, silent: float, now: datetime) -> Frame:
        """Return what is measured now, of this much work shared by those who work."""
        names = self.fleet.names
        if silent:
            names = tuple(name for name in names if self._random.random() >= silent)
        if not names:
            return Frame(now, {metric: {} for metric in self.metrics})
        share = 100 * work / len(self.fleet.names)
        return Frame(now, {metric: self._column(metric, share, names, now) for metric in self.metrics})

    def _column(self, metric: str, share: float, names: Sequence[str], now: datetime) -> Mapping[str, float]:
        start = self._random.randrange(_RING - len(names)) if len(names) < _RING else 0
        ring = self._ring[start : start + len(names)]
        if metric == MEMORY:
            share = 25 + 0.4 * share
        if metric == LOAD:
            return {name: max(0.01, (share + tremble) / 100) for name, tremble in zip(names, ring, strict=False)}
        values = [share + tremble for tremble in ring]
        if metric == CPU and (self._activity or now - self.fleet.newest <= _REMEMBERED):
            values = [value + self._event_load(name, now) for name, value in zip(names, values, strict=True)]
        most = max(values) if self._activity else share + self._most
        if share + self._least < 1 or (metric in PERCENT and most > 100):
            cap = 100.0 if metric in PERCENT else float("inf")
            values = [min(cap, max(1.0, value)) for value in values]
        return dict(zip(names, values, strict=True))

    def _event_load(self, name: str, now: datetime) -> float:
        """CPU points that an event or a fresh start adds to the last minute of an instance."""
        if now - self.members[name].since <= timedelta(seconds=self.habits.settle) and name in self._activity:
            return 50.0
        if any(each.begin < now <= each.begin + _MINUTE for each in self._activity.get(name, ())):
            return 100 * self.habits.configure / 60
        return 0.0

    def _configured(self, now: datetime) -> None:
        """Remember that everybody at work is configured."""
        end = now + timedelta(seconds=self.habits.configure)
        event = Activity(Event.CONFIGURE.value, now, end)
        self._activity = {name: (event,) for name, member in self.members.items() if part(member) is Part.WORKING}
        self._ends = now + _REMEMBERED

    def _sort(self) -> None:
        self.fleet = Fleet.of(self.members.values(), self._activity)


def layer(names: Mapping[str, InstanceType], online: int, began: datetime) -> dict[str, Member]:
    """Return a layer in which those that always run do, and load-based ones so that `online` are at work."""
    running = {name for name, kind in names.items() if kind is InstanceType.ALWAYS}
    for name, kind in names.items():
        if len(running) < online and kind is InstanceType.LOAD:
            running.add(name)
    before = began - timedelta(hours=1)
    return {
        name: Member(name, kind, State.ONLINE if name in running else State.STOPPED, before)
        for name, kind in names.items()
    }
