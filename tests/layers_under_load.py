"""A layer under load, told in a few words, for tests of scaling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from stackward.definition.load_scaling import DEFAULT, LoadScaling, Rule, Target
from stackward.definition.model import InstanceType
from stackward.lifecycle.states import State
from stackward.metrics.alarm import Alarm
from stackward.scaling.load.conditions import Rules
from stackward.scaling.load.decision import Decision, Observed, decide
from stackward.scaling.load.frames import Frame
from stackward.scaling.load.members import Activity, Fleet, Member
from stackward.scaling.load.windows import Windows

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LONG_AGO = NOON - timedelta(days=2)


def policy(**changes) -> LoadScaling:
    """OpsWorks' defaults for a layer of ten, and what is different."""
    return replace(DEFAULT, **{"maximum": 10, **changes})


def targeted(target: Target, **changes) -> LoadScaling:
    """A policy with a target and no thresholds."""
    none = {"up": replace(DEFAULT.up, thresholds={}), "down": replace(DEFAULT.down, thresholds={})}
    return policy(**{**none, "target": target, **changes})


def rule(of: Rule, **changes) -> Rule:
    """A rule with something different."""
    return replace(of, **changes)


def member(name: str, state: State = State.ONLINE, kind=InstanceType.LOAD, **changes) -> Member:
    """One instance, in its state for long."""
    return Member(name, kind, state, **{"since": LONG_AGO, **changes})


def members(online: int, stopped: int = 0, always: int = 1) -> list[Member]:
    """web1, web2, …: first those that work, of which some are 24/7, then stopped ones."""
    found = [
        member(f"web{number}", kind=InstanceType.ALWAYS if number <= always else InstanceType.LOAD)
        for number in range(1, online + 1)
    ]
    return found + [member(f"web{number}", State.STOPPED) for number in range(online + 1, online + stopped + 1)]


class Watch:
    """Somebody who looks at a layer once a minute. Nothing of what is decided is done."""

    def __init__(self, scaling: LoadScaling, instances: Iterable[Member], windows: Windows | None = None) -> None:
        self.rules = Rules.of(scaling)
        self.members = list(instances)
        self.windows = windows or Windows()
        self.now = NOON
        self.activity: dict[str, tuple[Activity, ...]] = {}
        self.alarms: dict[str, Alarm] = {}
        self.refusals: tuple[datetime, ...] = ()

    def look(self, value: float | Mapping[str, float] | None = None, metric: str = "cpu", **metrics: float) -> Decision:
        """One minute later: everybody at work shows this value, or those that are named show theirs."""
        self.now += MINUTE
        fleet = Fleet.of(self.members, self.activity)
        shown = {metric: value, **metrics} if value is not None else metrics
        values = {
            name: dict(each) if isinstance(each, Mapping) else dict.fromkeys(fleet.names, each)
            for name, each in shown.items()
        }
        frames = (Frame(self.now, values),) if shown else ()
        decision = decide(self.rules, fleet, Observed(frames, self.alarms, self.refusals), self.windows, self.now)
        self.windows = decision.windows
        return decision

    def minutes(self, count: int, value=None, **metrics) -> list[Decision]:
        """Several minutes alike."""
        return [self.look(value, **metrics) for _ in range(count)]


def started(decisions: Iterable[Decision]) -> list[tuple[str, ...]]:
    """Who starts, decision by decision."""
    return [tuple(choice.instance for choice in decision.starts) for decision in decisions]


def stopped(decisions: Iterable[Decision]) -> list[tuple[str, ...]]:
    """Who stops, decision by decision."""
    return [tuple(choice.instance for choice in decision.stops) for decision in decisions]
