"""Whatever is seen, no brake is ever passed, and nothing is destroyed on the word of one witness."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from stackward.definition.healing_values import REMEDIES
from stackward.definition.model import Healing, Instance, Layer
from stackward.healing.decide import decide
from stackward.healing.ladder import Attempt
from stackward.healing.verdict import Health
from stackward.lifecycle.health import Answer, Remedy, Witness
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.state.records import Command, CommandStatus, Maintenance, Pause, Request, Sighting, StackState
from tests.stacks import small_stack
from tests.unit.healing.fleet import NOW, record

LAYERS = ("lb", "web", "db")
STATES = st.sampled_from([*[State.ONLINE] * 9, *[State.CONNECTION_LOST] * 3, *State])
AGES = st.integers(0, 4000).map(lambda seconds: NOW - timedelta(seconds=seconds))
SPANS = st.integers(0, 900).map(lambda seconds: NOW - timedelta(seconds=seconds))
SETTINGS = st.builds(
    Healing,
    enabled=st.sampled_from([*[True] * 9, False]),
    after=st.sampled_from([60.0, 300.0]),
    remedies=st.sampled_from([(Remedy.REBOOT, Remedy.RESTART), (Remedy.REPLACE,), REMEDIES, (Remedy.CONFIGURE,)]),
    back_off=st.sampled_from([30.0, 60.0]),
    tries=st.integers(1, 4),
    share=st.sampled_from([0.0, 0.1, 0.5]),
    for_check=st.booleans(),
    for_stop=st.booleans(),
)


DEAD = frozenset({Answer.SILENT, Answer.STOPPED, Answer.GONE, Answer.IMPAIRED})
PROVEN = ("gone", "stopped", "reclaimed")
WELL = {Witness.SSH: Answer.ALIVE}
ANSWERS = st.fixed_dictionaries(
    {Witness.SSH: st.sampled_from([Answer.ALIVE, *[Answer.SILENT] * 3, Answer.UNKNOWN])},
    optional={
        Witness.PEER: st.sampled_from([Answer.SILENT, Answer.SILENT, *Answer]),
        Witness.PROVIDER: st.sampled_from(Answer),
        Witness.CHECK: st.sampled_from(Answer),
        Witness.HEARTBEAT: st.sampled_from([*[Answer.SILENT] * 2, Answer.ALIVE, Answer.UNKNOWN]),
    },
)


@st.composite
def commands_of(draw, names):
    """Few commands that are not finished."""
    asked = st.tuples(st.sampled_from(names), st.sampled_from(["deploy", "undeploy", "configure", "setup"]))
    found = draw(st.lists(asked, max_size=2)) if draw(st.integers(0, 3)) == 0 else []
    return tuple(
        Command(
            number, number, name, event, {}, draw(st.sampled_from(Initiator)), "", False, CommandStatus.PENDING, NOW
        )
        for number, (name, event) in enumerate(found, 1)
    )


@st.composite
def fleets(draw):
    """A stack, what is known of it, what was seen, and what was tried."""
    layers = {name: Layer(name, healing=draw(SETTINGS)) for name in LAYERS}
    names = [f"i{number}" for number in range(draw(st.integers(1, 12)))]
    of_layer = st.lists(st.sampled_from(LAYERS), min_size=1, max_size=2, unique=True)
    instances = {
        name: Instance(name, tuple(layer for layer in LAYERS if layer in chosen))
        for name in names
        if (chosen := draw(of_layer))
    }
    asked = st.builds(
        Request,
        st.sampled_from(Desired),
        st.sampled_from(Initiator),
        st.just("because"),
        st.just(NOW),
        st.sampled_from([None, *Remedy]),
    )
    requests = st.sampled_from([True, *[False] * 14]).flatmap(lambda wanted: asked if wanted else st.none())
    zones = st.sampled_from(draw(st.sampled_from([("",), ("a", "b"), ("", "a", "b")])))
    records = {
        name: replace(record(name, draw(STATES)), layers=instances[name].layers, request=draw(requests))
        for name in names
    }
    records = {
        name: replace(item, machine=replace(item.machine, zone=draw(zones))) if item.machine else item
        for name, item in records.items()
    }
    held = draw(st.sets(st.sampled_from(names), max_size=1))
    pauses = {"healing": Pause("healing", "why", "anna", NOW)} if draw(st.integers(0, 9)) == 0 else {}
    state = StackState(
        "shop",
        1,
        records,
        {},
        draw(commands_of(names)),
        {},
        maintenance={name: Maintenance(name, "why", "anna", NOW) for name in held},
        pauses=pauses,
    )
    sightings = [
        Sighting(name, witness, answer, "", NOW, draw(SPANS))
        for name in names
        for witness, answer in draw(st.sampled_from([WELL, WELL]) | ANSWERS).items()
    ]
    counts = st.sampled_from([0, 0, 0, 1, 2, 4])
    attempts = st.builds(Attempt, st.sampled_from(Remedy), AGES)
    tried = {
        name: sorted((draw(attempts) for _ in range(draw(counts))), key=lambda attempt: attempt.at) for name in names
    }
    stack = replace(small_stack(apps=False), layers=layers, instances=instances)
    return stack, state, sightings, tried


def settings_of(stack, name):
    return [layer.healing for layer in stack.layers_of(stack.instances[name])]


def taken_back(state, heal):
    """Whether somebody takes the machine away from under an instance that is at work."""
    return heal.data["health"] == "reclaimed" and state.instances[heal.instance].state is State.ONLINE


@given(fleets())
def test_what_is_taken_back_is_replaced_however_much_is_down_unless_somebody_has_said_not_to(fleet):
    stack, state, sightings, tried = fleet
    decision = decide(stack, state, sightings, tried, frozenset(), NOW)
    begun = {heal.instance: heal.remedy for heal in decision.heals}
    held = {item.instance: item.reason for item in decision.withheld}
    for name, found in decision.verdicts.items():
        if found.health is Health.RECLAIMED and state.instances[name].state is State.ONLINE:
            assert name not in {mark.instance for mark in decision.marks}
            assert begun.get(name) is Remedy.REPLACE or state.instances[name].request or name in held
            assert "may be down" not in held.get(name, "")
            assert "may be healed" not in held.get(name, "")
            assert "given time" not in held.get(name, "")


@given(fleets())
def test_no_more_are_in_healing_than_each_layer_and_the_stack_allow(fleet):
    stack, state, sightings, tried = fleet
    decision = decide(stack, state, sightings, tried, frozenset(), NOW)
    begun = {heal.instance for heal in decision.heals}
    before = {
        name
        for name, item in state.instances.items()
        if item.request and item.request.initiator is Initiator.AUTO_HEALING
    } | {item.instance for item in state.commands if item.initiator is Initiator.AUTO_HEALING}
    reclaimed = {heal.instance for heal in decision.heals if taken_back(state, heal)}
    if not begun - reclaimed:
        return
    assert len(begun | before) <= max(1, len(stack.instances) // 10)
    for layer in stack.layers.values():
        members = {name for name, item in stack.instances.items() if layer.name in item.layers}
        if (begun - reclaimed) & members:
            assert len((begun | before) & members) <= max(1, int(len(members) * layer.healing.share))


@given(fleets())
def test_only_what_may_be_touched_is_touched(fleet):
    stack, state, sightings, tried = fleet
    decision = decide(stack, state, sightings, tried, frozenset(), NOW)
    touched = [*(heal.instance for heal in decision.heals), *(mark.instance for mark in decision.marks)]
    assert not (touched and state.pauses)
    for name in touched:
        assert name not in state.maintenance
        assert state.instances[name].request is None
        assert all(settings.enabled for settings in settings_of(stack, name))
        assert not [item for item in state.commands if item.instance == name and item.event in ("deploy", "undeploy")]
    assert all(state.instances[mark.instance].state is State.ONLINE for mark in decision.marks)


@given(fleets())
def test_nothing_is_rebooted_stopped_or_replaced_that_only_one_witness_calls_dead(fleet):
    stack, state, sightings, tried = fleet
    for heal in decide(stack, state, sightings, tried, frozenset(), NOW).heals:
        seen = {item.witness: item.answer for item in sightings if item.instance == heal.instance}
        if heal.remedy is Remedy.SETUP:
            assert seen[Witness.SSH] is Answer.ALIVE
        elif heal.remedy is Remedy.CONFIGURE:
            assert seen[Witness.SSH] is Answer.ALIVE
            assert Answer.SILENT in (seen.get(Witness.HEARTBEAT), seen.get(Witness.CHECK))
        elif heal.data["health"] == "reclaimed":
            assert (seen[Witness.PROVIDER], heal.remedy) == (Answer.RECLAIMED, Remedy.REPLACE)
        elif heal.data["health"] == "unfit":
            assert (seen[Witness.SSH], seen[Witness.CHECK]) == (Answer.ALIVE, Answer.SILENT)
        else:
            # What an agent says comes the same way as SSH goes, so its silence is no witness of its own.
            others = [answer for witness, answer in seen.items() if witness is not Witness.HEARTBEAT]
            dead = Counter(answer in DEAD for answer in others)
            assert seen[Witness.SSH] is Answer.SILENT
            assert dead[True] >= 2
            assert seen.get(Witness.HEARTBEAT) is not Answer.ALIVE or heal.data["health"] in ("gone", "stopped")
            assert seen.get(Witness.PEER) is not Answer.ALIVE or heal.data["health"] in ("gone", "stopped")


@given(fleets())
def test_tries_are_bounded_and_apart(fleet):
    stack, state, sightings, tried = fleet
    for heal in decide(stack, state, sightings, tried, frozenset(), NOW).heals:
        if taken_back(state, heal):
            continue
        done = tried[heal.instance]
        assert len(done) < min(settings.tries for settings in settings_of(stack, heal.instance))
        back_off = max(settings.back_off for settings in settings_of(stack, heal.instance))
        assert not done or NOW - done[-1].at >= timedelta(seconds=back_off) * 2 ** (len(done) - 1)


@given(fleets())
def test_who_reaches_nobody_heals_only_what_its_provider_proves(fleet):
    stack, state, sightings, tried = fleet
    ways = (Witness.SSH, Witness.CHECK, Witness.HEARTBEAT)
    silent = [item for item in sightings if item.witness not in ways]
    silent += [
        Sighting(name, Witness.SSH, Answer.SILENT, "", NOW, NOW - timedelta(hours=1)) for name in stack.instances
    ]
    for heal in decide(stack, state, silent, tried, frozenset(), NOW).heals:
        assert heal.data["health"] in PROVEN


@given(fleets())
def test_where_most_of_a_zone_is_lost_nobody_there_is_touched_but_what_is_proven(fleet):
    stack, state, sightings, tried = fleet
    decision = decide(stack, state, sightings, tried, frozenset(), NOW)
    zones = {}
    for name in decision.verdicts:
        zones.setdefault(state.instances[name].machine.zone, set()).add(name)
    failing = (State.ONLINE, State.CONNECTION_LOST)
    lost = {name for name, found in decision.verdicts.items() if found.health is Health.LOST}
    lost = {name for name in lost if state.instances[name].state in failing}
    for name in {item.instance for item in (*decision.heals, *decision.marks)}:
        zone = state.instances[name].machine.zone
        stormy = zone and len(zones[zone]) >= 3 and 2 * len(lost & zones[zone]) > len(zones[zone])
        assert not stormy or decision.verdicts[name].health.value in PROVEN


@given(st.integers(3, 8), st.data())
def test_the_reason_names_the_zone_and_the_rest_of_the_stack_is_healed(size, data):
    silent = data.draw(st.integers(size // 2 + 1, size))
    zoned = {f"b{number}": "b" for number in range(size)} | {f"a{number}": "a" for number in range(3 * size)}
    healing = Healing(after=60.0)
    stack = replace(
        small_stack(apps=False),
        layers={"web": Layer("web", healing=healing)},
        instances={name: Instance(name, ("web",)) for name in zoned},
    )
    lost = {*(f"b{number}" for number in range(silent)), "a0"}
    records = {
        name: replace(item, machine=replace(item.machine, zone=zone))
        for name, zone in zoned.items()
        if (item := record(name, State.ONLINE))
    }
    long_ago = NOW - timedelta(hours=1)
    dead = {Witness.SSH: Answer.SILENT, Witness.PEER: Answer.SILENT}
    sightings = [
        Sighting(name, witness, answer, "", NOW, long_ago)
        for name in zoned
        for witness, answer in (dead if name in lost else WELL).items()
    ]
    decision = decide(stack, StackState("shop", 1, records, {}, (), {}), sightings, {}, frozenset(), NOW)
    assert [heal.instance for heal in decision.heals] == ["a0"]
    held = {item.instance: item.reason for item in decision.withheld}
    assert held.keys() == lost - {"a0"}
    assert all(f"in zone b {silent} of {size} instances fail at once" in reason for reason in held.values())


@given(fleets(), st.integers(0, 600))
def test_within_the_amnesty_only_what_is_proven_is_healed(fleet, ago):
    stack, state, sightings, tried = fleet
    began = NOW - timedelta(seconds=ago)
    for heal in decide(stack, state, sightings, tried, frozenset(), NOW, began).heals:
        after = max(settings.after for settings in settings_of(stack, heal.instance))
        assert heal.data["health"] in PROVEN or ago >= after


@given(fleets())
def test_every_failed_instance_is_healed_or_on_its_way_or_somebody_is_told_why_not(fleet):
    stack, state, sightings, tried = fleet
    decision = decide(stack, state, sightings, tried, frozenset(), NOW)
    spoken_of = {
        *(item.instance for item in (*decision.heals, *decision.withheld)),
        *decision.pending,
        *(name for name, item in state.instances.items() if item.request is not None),
    }
    lost = {name for name, found in decision.verdicts.items() if found.health.value in ("lost", "gone", "unfit")}
    online = {name for name in lost if state.instances[name].state is State.ONLINE}
    assert online <= spoken_of
    assert all(item.reason for item in (*decision.heals, *decision.withheld, *decision.marks))
