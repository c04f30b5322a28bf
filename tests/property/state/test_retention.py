"""Whatever the past of a stack is: nothing that anybody decides by is another after what is too old was forgotten."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from stackward.cli import incident, status_data, why
from stackward.engine import claiming, retention, scaling
from stackward.healing import incidents, ladder
from stackward.lifecycle.health import Answer, Remedy, Witness
from stackward.lifecycle.states import Initiator, State
from stackward.scaling import past
from stackward.state.records import CommandStatus, Rollout, RolloutStatus, Sighting
from stackward.state.store import open_store
from tests.stacks import small_stack

NOW = datetime(2026, 3, 1, tzinfo=UTC)
STACK = replace(small_stack(), retention=7 * 86400.0)
NAMES = ("web1", "web2", "db1")
MOST_TRIES = 20

SOMEBODY = st.sampled_from((*NAMES, "left9", None))
AGES = st.sampled_from([timedelta(days=days) for days in (9, 9, 9, 20, 7, 6, 0)])
"""In any order: a clock may have been put back."""

COUNTS = st.sampled_from([1, 2, 40, 130])

ENTRIES = (
    ("heal", {"remedy": Remedy.REBOOT.value}),
    ("state", {"from": "x", "to": State.CONNECTION_LOST.value}),
    ("healing-withheld", {}),
    ("healing-look", {"inputs": {}, "decided": {}}),
    ("request", {"desired": "online", "initiated_by": Initiator.AUTO_HEALING.value}),
    ("request", {"desired": "online", "initiated_by": Initiator.USER.value}),
    ("healed", {}),
    ("generation", {"generation": 3}),
    ("failure", {}),
)
NOTED = st.tuples(
    st.just("note"),
    SOMEBODY,
    st.permutations(ENTRIES).flatmap(lambda entries: st.integers(1, len(ENTRIES)).map(lambda some: entries[:some])),
    AGES,
    COUNTS,
    st.sampled_from(("none", "ended", "on")),
)
ENDED = st.tuples(st.just("command"), st.sampled_from(NAMES), AGES, COUNTS, st.booleans())
SEEN = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(list(Answer)))
STATES = st.dictionaries(st.sampled_from(NAMES), st.sampled_from((State.REQUESTED, State.TERMINATING)))


def made(store, events, seen, states):
    """A stack with this past, a run that has ended and one that goes on, and a rollout in the middle of it."""
    with store.transaction("shop") as transaction:
        for name in NAMES:
            transaction.put_instance(name, ("web",), NOW)
        runs = {"none": None}
        for which in ("ended", "on"):
            runs[which] = transaction.begin_run("converge", "ctl", 1, 1.0, "anna", NOW)
        transaction.end_run(runs["ended"], NOW)
        batch = None
        for event in events:
            if event[0] == "note":
                _note, instance, entries, age, count, run = event
                for kind, data in entries * count:
                    transaction.note(kind, "", actor="anna", now=NOW - age, instance=instance, run=runs[run], data=data)
                continue
            _command, instance, age, count, rolls = event
            for _ in range(count):
                asked = transaction.ask(
                    instance,
                    "deploy",
                    {},
                    batch=batch if rolls else None,
                    initiator=Initiator.USER,
                    reason="",
                    automatic=False,
                    now=NOW - age,
                )
                transaction.finish_command(asked.id, None, CommandStatus.SKIPPED, NOW - age)
                batch = batch or asked.id
        if batch is not None:
            transaction.open_rollout(
                Rollout(0, "a", "deploy", "r", "b", "", "", RolloutStatus.RUNNING, "", "", "", 1, 1.0, NOW, batch)
            )
        for name, state in states.items():
            transaction.advance(name, 0, state, NOW - timedelta(days=9), actor="anna")
        transaction.see(Sighting(name, Witness.SSH, answer, "", NOW, NOW) for name, answer in seen.items())
    return runs["on"], batch


def read(store, run, batch):
    """Everything of the past that is read to decide something, or to say why something is as it is."""
    names = (*NAMES, "left9")
    state = store.snapshot("shop")
    with store.transaction("shop") as transaction:
        rolled = () if batch is None else transaction.batch_commands(batch)
    kinds = (*ladder.KINDS, *past.KINDS, *incidents.KINDS, "generation")
    return {
        "remedies": store.histories("shop", names, ladder.KINDS, ladder.looked_at(MOST_TRIES)),
        "withheld": store.histories("shop", names, ("healing-withheld", "heal"), 1),
        "starts": store.histories("shop", names, *scaling._WANTED),
        "commands": store.commands("shop", limit=100 + scaling._COMMANDS_EACH * len(STACK.instances)),
        "ended": store.commands("shop", limit=status_data._COMMANDS_LOOKED_AT),
        "failed": [store.journal("shop", kinds=(kind,), limit=claiming.ENTRIES_LOOKED_AT, run=run) for kind in kinds],
        "asked": store.journal("shop", kinds=("request",), limit=why._LOOKED_AT),
        "causes": store.journal("shop", kinds=("state", "generation"), limit=why._LOOKED_AT),
        "rollout": rolled,
        "rollouts": store.rollouts("shop", limit=500),
        "incidents": {
            name: told(store, item)
            for name, record in state.instances.items()
            if (item := incidents.lasting(history(store, name), record, store.sightings("shop"))) is not None
        },
        "state": state,
    }


def history(store, name):
    return store.histories("shop", (name,), incidents.KINDS, incident._LOOKED_AT)[name]


def told(store, item):
    class Known:
        stack = STACK

        @staticmethod
        def journal(**wanted):
            return store.journal("shop", **wanted)

    return item, incident._entries(Known, item)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(NOTED, NOTED, NOTED, ENDED), min_size=2, max_size=6), SEEN, STATES)
def test_what_is_decided_by_is_the_same_before_and_after_what_is_too_old_was_forgotten(events, seen, states):
    with tempfile.TemporaryDirectory() as folder, open_store(f"sqlite:///{folder}/state.db") as store:
        run, batch = made(store, events, seen, states)
        before = read(store, run, batch)
        young = {entry.id for entry in store.journal("shop", limit=100_000) if entry.at >= NOW - timedelta(days=7)}
        found = retention.expired(store, STACK, NOW)
        for start in range(0, len(found.entries), 5000):
            store.forget("shop", entries=found.entries[start : start + 5000])
        store.forget("shop", commands=found.commands)
        after = read(store, run, batch)
        assert young <= {entry.id for entry in store.journal("shop", limit=100_000)}
        for what, inputs in before.items():
            assert after[what] == inputs, what
        assert not retention.expired(store, STACK, NOW).count


def test_more_stays_than_any_reader_looks_at():
    limits = [ladder.looked_at(MOST_TRIES), past.ENTRIES, why._LOOKED_AT]
    assert max(limits) <= retention.NEWEST
    for instances in (1, 50, 5000):
        read_of_commands = (100 + scaling._COMMANDS_EACH * instances, status_data._COMMANDS_LOOKED_AT, 4 * instances)
        assert max(read_of_commands) <= retention.COMMANDS + 10 * instances
    assert {*ladder.KINDS, *past.KINDS, *incidents.KINDS, "healing-withheld", "generation"} <= retention.KINDS
