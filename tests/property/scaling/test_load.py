"""What holds for any policy, any fleet, any metrics and any failures."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Self

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stackward.definition.load_scaling import LoadScaling, Rule, Target
from stackward.definition.model import InstanceType
from stackward.lifecycle.states import Desired, State
from stackward.metrics.alarm import Alarm, AlarmState
from stackward.metrics.sample import Sample
from stackward.scaling.load.conditions import Direction, Rules
from stackward.scaling.load.decision import Decision, Observed, decide
from stackward.scaling.load.frames import frames
from stackward.scaling.load.members import Activity, Fleet, Member, Part, part
from stackward.scaling.load.windows import Windows, as_data, from_data
from tests.layers_under_load import LONG_AGO, MINUTE, NOON

METRICS = ("cpu", "memory", "requests")

holds = st.sampled_from([60.0, 120.0, 300.0, 600.0])
waits = st.sampled_from([0.0, 60.0, 300.0])


@st.composite
def policies(draw) -> LoadScaling:
    """A policy for eight instances that the loader would take."""
    some = draw(st.lists(st.sampled_from(METRICS), unique=True))
    up = {name: draw(st.floats(50, 95)) for name in some}
    down = {name: draw(st.floats(5, 45)) for name in draw(st.lists(st.sampled_from(METRICS), unique=True))}
    others = [name for name in METRICS if name not in up and name not in down]
    aims = {name: draw(st.floats(30, 70)) for name in others if draw(st.booleans())}
    minimum = draw(st.integers(1, 4))
    return LoadScaling(
        up=Rule(up, ("slow",) if draw(st.booleans()) else (), draw(holds), draw(st.integers(1, 4)), draw(waits)),
        down=Rule(down, ("idle",) if draw(st.booleans()) else (), draw(holds), draw(st.integers(1, 4)), draw(waits)),
        target=Target(aims, draw(holds), draw(holds)) if aims else None,
        minimum=minimum,
        maximum=draw(st.integers(max(minimum, 3), 8)),
        tolerance=draw(st.sampled_from([0.0, 0.1, 0.3])),
        warm_up=draw(st.sampled_from([0.0, 120.0])),
        reversals=draw(st.integers(2, 5)),
        reversals_within=draw(st.sampled_from([1800.0, 7200.0])),
        metrics=("requests",),
    )


def fleets() -> st.SearchStrategy[dict[str, Member]]:
    """Eight instances in any state, or all at work and scaled by load."""

    def built(drawn) -> dict[str, Member]:
        return {f"web{number}": replace(each, name=f"web{number}") for number, each in enumerate(drawn, 1)}

    one = st.builds(
        Member,
        name=st.just(""),
        type=st.sampled_from(InstanceType),
        state=st.sampled_from([State.ONLINE, State.ONLINE, State.STOPPED, State.STOPPED, *State]),
        since=st.sampled_from([LONG_AGO, NOON - MINUTE, NOON]),
        wanted=st.sampled_from([None, None, None, *Desired]),
        hold=st.sampled_from(["", "", "", "in maintenance"]),
        failed=st.sampled_from([None, LONG_AGO, NOON]),
    )
    working = st.just(Member("", InstanceType.LOAD, State.ONLINE, LONG_AGO))
    return st.one_of(*(st.lists(each, min_size=8, max_size=8).map(built) for each in (one, working)))


# Values come in stretches: what changes every minute never holds for long enough to move anything.
values = st.one_of(
    st.floats(0, 100),
    st.sampled_from([2.0, 5.0, 97.0, 99.0]),
    st.sampled_from([float("nan"), float("inf"), 0.0, -3.0, 1e308]),
)
anything = st.tuples(
    st.integers(1, 25),
    st.fixed_dictionaries(dict.fromkeys(METRICS, values)),
    st.sampled_from([0, 0, 0, 1, 8]),
    st.sampled_from([None, None, None, "configure", "deploy"]),
    st.sampled_from(AlarmState),
    st.sampled_from(AlarmState),
    st.sampled_from(["arrive", "arrive", "arrive", "fail", "refuse", "dawdle"]),
)


def _steady(value: float, slow: AlarmState, idle: AlarmState) -> st.SearchStrategy:
    """A stretch in which everything is plain: drawn at random, so much hardly ever comes together."""
    shown = st.just(dict.fromkeys(METRICS, value))
    plain = (shown, st.just(0), st.none(), st.just(slow), st.just(idle), st.just("arrive"))
    return st.tuples(st.integers(10, 25), *plain)


calm = _steady(2.0, AlarmState.OK, AlarmState.ALARM)
busy = _steady(99.0, AlarmState.ALARM, AlarmState.OK)
stretches = st.lists(st.one_of(anything, calm, busy), min_size=1, max_size=12)


@dataclass(frozen=True)
class Look:
    """One look at the layer, what was decided, what a second decision was, and what one after it was done was."""

    now: datetime
    members: dict[str, Member]
    activity: dict[str, tuple[Activity, ...]]
    fleet: Fleet
    decision: Decision
    again: Decision
    done: Fleet
    after: Decision

    @property
    def both(self) -> tuple[tuple[Fleet, Decision], ...]:
        """The look, and the one after what it decided was done."""
        return (self.fleet, self.decision), (self.done, self.after)

    @property
    def moved(self) -> list[Member]:
        return [self.members[choice.instance] for choice in (*self.decision.starts, *self.decision.stops)]


class World:
    """A layer on which decisions are carried out, well or badly."""

    def __init__(self, policy: LoadScaling, members: dict[str, Member]) -> None:
        self.rules = Rules.of(policy)
        self.members = members
        self.now = NOON
        self.windows = Windows()
        self.looks: list[Look] = []
        self.activity: dict[str, tuple[Activity, ...]] = {}

    @property
    def decisions(self) -> list[tuple[datetime, Decision]]:
        return [(look.now, look.decision) for look in self.looks]

    def live(self, drawn) -> Self:
        """Let time pass as the stretches say."""
        for minutes, shown, silent, event, slow, idle, luck in drawn:
            alarms = {"slow": Alarm(slow, self.now), "idle": Alarm(idle, self.now)}
            for _ in range(minutes):
                self.now += MINUTE
                self.minute(shown, silent, event, alarms, luck)
        return self

    def minute(self, shown, silent: int, event: str | None, alarms, luck: str) -> None:
        refusals = ()
        for name, member in self.members.items():
            if member.wanted is Desired.ONLINE and luck in ("fail", "refuse") and part(member) is Part.COMING:
                self.members[name] = replace(member, state=State.START_FAILED, wanted=None, failed=self.now)
                refusals = (self.now,) if luck == "refuse" else refusals
            elif member.wanted is Desired.ONLINE and luck == "arrive":
                self.members[name] = replace(member, state=State.ONLINE, since=self.now, wanted=None)
            elif member.wanted in (Desired.STOPPED, Desired.TERMINATED) and luck != "dawdle":
                self.members[name] = replace(member, state=State.STOPPED, since=self.now, wanted=None)
        self.activity = {"web1": (Activity(event, self.now - MINUTE, None),)} if event else {}
        fleet = Fleet.of(self.members.values(), self.activity)
        reporting = fleet.names[silent:]
        samples = [Sample(name, metric, self.now, shown[metric]) for name in reporting for metric in METRICS]
        seen = frames(samples, fleet.names, self.rules.metrics, self.windows.seen, self.now)
        decision = decide(self.rules, fleet, Observed(seen, alarms, refusals), self.windows, self.now)
        again = decide(self.rules, fleet, Observed(seen, alarms, refusals), self.windows, self.now)
        before = dict(self.members)
        self.windows = decision.windows
        for choice in decision.starts:
            self.members[choice.instance] = replace(
                self.members[choice.instance], wanted=Desired.ONLINE, asked=self.now
            )
        for choice in decision.stops:
            self.members[choice.instance] = replace(self.members[choice.instance], wanted=Desired.STOPPED)
        done = Fleet.of(self.members.values(), self.activity)
        after = decide(self.rules, done, Observed((), alarms, refusals), self.windows, self.now)
        self.looks.append(Look(self.now, before, self.activity, fleet, decision, again, done, after))


histories = given(policies(), fleets(), stretches)
many = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@many
@histories
def test_scaling_itself_never_goes_below_the_minimum_nor_above_the_maximum(policy, members, drawn):
    """I4 and I5."""
    for look in World(policy, members).live(drawn).looks:
        for fleet, decision in look.both:
            working = len(fleet.working)
            if decision.stops:
                assert working - len(decision.stops) >= policy.minimum
            if decision.starts:
                assert working + len(fleet.coming) + len(fleet.broken) + len(decision.starts) <= policy.maximum
            assert not (decision.starts and decision.stops)


@many
@histories
def test_load_moves_only_load_based_instances_that_are_free_and_says_why(policy, members, drawn):
    """I10, I21 and I22."""
    for look in World(policy, members).live(drawn).looks:
        for member in look.moved:
            assert member.type is InstanceType.LOAD
            assert not member.hold
            assert member.wanted is None
        assert all(choice.reason for choice in (*look.decision.starts, *look.decision.stops))


@many
@histories
def test_nobody_is_stopped_with_doubtful_metrics_while_one_warms_up_or_during_an_event(policy, members, drawn):
    """I11."""
    world = World(policy, members).live(drawn)
    for look in world.looks:
        for fleet, decision in look.both:
            if decision.stops:
                assert not any(each.end is None for its in look.activity.values() for each in its)
            if decision.direction is Direction.IN:
                readings = decision.windows.readings.values()
                assert all(reading.mean is not None and not reading.doubt for reading in readings)
                assert not fleet.expected(look.now)
                assert look.now - fleet.newest >= world.rules.warm_up


@many
@histories
def test_the_direction_turns_no_more_often_than_the_policy_says(policy, members, drawn):
    """I12."""
    looks = World(policy, members).live(drawn).looks
    moves = [(look.now, look.decision.direction) for look in looks if look.decision.direction is not None]
    turns = [later[0] for one, later in pairwise(moves) if one[1] is not later[1]]
    within = timedelta(seconds=policy.reversals_within)
    for position, first in enumerate(turns):
        assert sum(1 for turn in turns[position:] if turn < first + within) <= policy.reversals


@many
@histories
def test_what_is_shown_is_what_is_done_and_once_it_is_done_nothing_more_is_wanted(policy, members, drawn):
    """I24 and I28."""
    world = World(policy, members).live(drawn)
    for look in world.looks:
        assert look.again == look.decision
        waits = {Direction.OUT: policy.up.wait, Direction.IN: policy.down.wait}
        if look.decision.direction is not None and waits[look.decision.direction]:
            assert look.after.direction is None
        assert look.after.windows.seen == look.decision.windows.seen


@settings(deadline=None, max_examples=75, suppress_health_check=[HealthCheck.too_slow])
@given(policies(), fleets(), stretches, st.randoms())
def test_a_restart_at_any_moment_changes_no_decision(policy, members, drawn, random):
    steady, restarted = World(policy, dict(members)), World(policy, dict(members))
    for stretch in drawn:
        steady.live([stretch])
        restarted.live([stretch])
        kept = json.loads(json.dumps(as_data(restarted.windows), allow_nan=False))
        assert from_data(kept) == restarted.windows
        restarted = random.choice([restarted, _reborn(restarted, kept)])
    assert restarted.decisions == steady.decisions


def _reborn(world: World, kept) -> World:
    born = World(world.rules.policy, world.members)
    born.now, born.windows, born.looks = world.now, from_data(kept), world.looks
    return born


@settings(deadline=None)
@given(policies(), st.lists(st.floats(0, 100), min_size=1, max_size=40), st.data())
def test_a_controller_that_looked_only_now_and_then_ends_with_the_same_windows(policy, shown, data):
    rules = Rules.of(policy)
    fleet = Fleet.of([Member(f"web{n}", InstanceType.ALWAYS, State.ONLINE, LONG_AGO) for n in (1, 2)])
    samples = [
        Sample(name, metric, NOON + number * MINUTE, value)
        for number, value in enumerate(shown)
        for name in fleet.names
        for metric in METRICS
    ]
    skipped = data.draw(st.sets(st.integers(0, len(shown) - 2))) if len(shown) > 1 else set()
    ends = []
    for left_out in (set(), skipped):
        windows = Windows()
        for number in range(len(shown)):
            if number in left_out:
                continue
            now = NOON + number * MINUTE
            known = [sample for sample in samples if sample.at <= now]
            seen = frames(known, fleet.names, rules.metrics, windows.seen, now)
            # Nobody can be moved here, so that both look at the same fleet to the end.
            windows = decide(rules, fleet, Observed(seen), windows, now).windows
        ends.append(windows)
    if 0 not in skipped:
        assert ends[0].held == ends[1].held
        assert ends[0].peaks == ends[1].peaks


@given(
    st.lists(
        st.builds(
            Sample,
            st.sampled_from(["web1", "web2"]),
            st.sampled_from(["cpu", "memory"]),
            st.integers(-200, 300).map(lambda seconds: NOON + timedelta(seconds=seconds)),
            st.floats(),
        ),
        max_size=30,
    ),
    st.randoms(),
)
def test_the_order_and_the_repetition_of_samples_do_not_matter(samples, random):
    mixed = [*samples, *samples[:5]]
    random.shuffle(mixed)
    after, now = NOON - 2 * MINUTE, NOON + 2 * MINUTE
    found = frames(samples, ("web1", "web2"), ("cpu",), after, now)
    assert _plain(frames(mixed, ("web1", "web2"), ("cpu",), after, now)) == _plain(found)
    assert all(after < frame.at <= now for frame in found)
    assert [frame.at for frame in found] == sorted({frame.at for frame in found})


def _plain(found):
    """Frames so that a value that is no number equals itself."""
    return [
        (frame.at, {metric: {name: repr(value) for name, value in its.items()} for metric, its in frame.values.items()})
        for frame in found
    ]
