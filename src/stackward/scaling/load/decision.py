"""Which instances of a layer start and stop by load: a pure function of policy, instances, metrics, memory and time.

Out if any condition says so, in only if all do. What is missing, doubtful or in motion keeps instances from being
stopped, never from being started.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from stackward.metrics.alarm import Alarm
from stackward.scaling.load.brakes import Brake, on_any_stop, on_starts, on_stops, refused
from stackward.scaling.load.conditions import Direction, Rules, truth_of
from stackward.scaling.load.evaluation import CALM, Evaluation, Standing
from stackward.scaling.load.frames import PERIOD, Frame
from stackward.scaling.load.growth import Strength, growths
from stackward.scaling.load.members import Fleet, Member
from stackward.scaling.load.shrinking import removable
from stackward.scaling.load.windows import EMPTY, Windows, advanced, by_clock, recent, without


@dataclass(frozen=True, slots=True)
class Observed:
    """What was measured since the last look, the alarms now, and when the provider last had no capacity."""

    frames: tuple[Frame, ...] = ()
    alarms: Mapping[str, Alarm] = field(default_factory=dict)
    refusals: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One instance that is to start or stop, and why."""

    instance: str
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done, what to remember, and what it was made from.

    With the policy `recommend`, `enforced` is false: then nothing may be done. `direction` is None where nothing moves
    because of the load; starts up to the minimum and stops down to the maximum happen without one.
    """

    starts: tuple[Choice, ...]
    stops: tuple[Choice, ...]
    direction: Direction | None
    enforced: bool
    windows: Windows
    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class _Verdict:
    """How many to start or to stop, why, and the brakes that were looked at on the way."""

    reason: str
    starts: int = 0
    stops: int = 0
    direction: Direction | None = None
    brakes: tuple[Brake, ...] = ()


def decide(rules: Rules, fleet: Fleet, observed: Observed, windows: Windows, now: datetime) -> Decision:
    """Look at a layer. `windows` is what the last decision returned, or what the store has kept of it."""
    windows = by_clock(windows, rules, now)
    windows = advanced(windows, rules, fleet, observed.frames, observed.alarms, now)
    if observed.refusals or windows.backoff:
        windows = refused(windows, observed.refusals, fleet, now)
    standings = tuple(
        Standing(
            condition,
            truth_of(condition, windows.readings, observed.alarms, now),
            windows.held.get(condition.name, EMPTY),
            condition.needed(windows.readings.get(condition.subject)),
        )
        for condition in rules.all
    )
    strength = _strength(fleet, rules, now)
    verdict = _verdict(rules, fleet, observed, windows, standings, strength, now)
    policy = rules.policy
    evaluation = Evaluation(
        now,
        windows.seen,
        len(fleet.names),
        len(fleet.coming),
        policy.minimum,
        policy.maximum,
        tuple(windows.readings.values()),
        standings,
        verdict.brakes,
        verdict.reason,
        now + PERIOD,
    )
    return Decision(
        _chosen(fleet.startable, verdict.starts, verdict.reason),
        _chosen(fleet.stoppable, verdict.stops, verdict.reason),
        verdict.direction,
        rules.enforced,
        _remembered(windows, rules, verdict, now),
        evaluation,
    )


def _strength(fleet: Fleet, rules: Rules, now: datetime) -> Strength:
    cold = 0
    if now - fleet.newest < rules.warm_up:
        cold = sum(1 for member in fleet.working if now - member.since < rules.warm_up)
    return Strength(len(fleet.working) - cold, (len(fleet.expected(now)) if fleet.coming else 0) + cold)


def _verdict(
    rules: Rules,
    fleet: Fleet,
    observed: Observed,
    windows: Windows,
    standings: tuple[Standing, ...],
    strength: Strength,
    now: datetime,
) -> _Verdict:
    policy = rules.policy
    machines = len(fleet.working) + len(fleet.coming) + len(fleet.broken)
    if strength.all < policy.minimum:
        missing = min(policy.minimum - strength.all, policy.maximum - machines)
        return _start(missing, f"{strength.all} of at least {policy.minimum}", None, fleet, windows, now)
    if machines > policy.maximum:
        brakes = tuple(on_any_stop(fleet))
        spare = min(machines - policy.maximum, len(fleet.working) - policy.minimum, len(fleet.stoppable))
        count = 0 if brakes else max(0, spare)
        return _Verdict(f"{machines} of at most {policy.maximum}", stops=count, brakes=brakes)
    fired = [standing.condition for standing in standings if standing.fired]
    out = [condition for condition in fired if condition.direction is Direction.OUT]
    if out:
        quiet = windows.quiet_out is not None and now < windows.quiet_out
        wanted = max(
            growths(rules, iter(out), windows.readings, strength, quiet=quiet), key=lambda growth: growth.count
        )
        room = min(wanted.count, policy.maximum - machines)
        if wanted.count and room <= 0:
            return _Verdict(f"{wanted.why}; there are {machines} of at most {policy.maximum}")
        return _start(room, wanted.why, Direction.OUT, fleet, windows, now)
    if rules.into and len(fired) == len(rules.into):
        return _shrink(rules, fleet, observed, windows, now)
    return _Verdict(CALM)


def _start(
    count: int, why: str, direction: Direction | None, fleet: Fleet, windows: Windows, now: datetime
) -> _Verdict:
    brakes = tuple(on_starts(windows, now))
    if count <= 0 or brakes:
        return _Verdict(why, brakes=brakes)
    count = min(count, len(fleet.startable))
    if not count:
        return _Verdict(f"{why}; no load-based instance is left to start")
    return _Verdict(why, starts=count, direction=direction)


def _shrink(rules: Rules, fleet: Fleet, observed: Observed, windows: Windows, now: datetime) -> _Verdict:
    why = "; ".join(condition.name for condition in rules.into)
    brakes = tuple(on_stops(windows, rules, fleet, observed.alarms, now))
    if brakes:
        return _Verdict(why, brakes=brakes)
    count, kept = removable(rules, windows, len(fleet.working))
    count = min(count, len(fleet.working) - rules.policy.minimum, len(fleet.stoppable))
    if count <= 0:
        return _Verdict(f"{why}; {kept or 'nobody is left to stop'}")
    return _Verdict(why, stops=count, direction=Direction.IN)


def _chosen(candidates: tuple[Member, ...], count: int, reason: str) -> tuple[Choice, ...]:
    return tuple(Choice(member.name, reason) for member in candidates[:count]) if count else ()


def _remembered(windows: Windows, rules: Rules, verdict: _Verdict, now: datetime) -> Windows:
    """Return what has to be known at the next look, as if what was decided had been done."""
    if verdict.direction is None:
        return windows
    turns = recent(windows.turns, now, rules.policy.reversals_within)
    if windows.direction not in (None, verdict.direction):
        turns = (*turns, now)
    windows = replace(windows, direction=verdict.direction, turns=turns)
    if verdict.direction is Direction.OUT:
        # Whoever is removed next must have been too many with the new ones, too.
        return replace(
            windows, quiet_out=now + timedelta(seconds=rules.policy.up.wait), held=without(windows, rules.into)
        )
    return replace(windows, quiet_in=now + timedelta(seconds=rules.policy.down.wait))


def metrics_of(policies: Iterable[Rules]) -> tuple[str, ...]:
    """Return the metrics that some policies look at, each once."""
    return tuple(dict.fromkeys(metric for rules in policies for metric in rules.metrics))
