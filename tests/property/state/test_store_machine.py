"""The store against a model: whatever runs do in whatever order, epochs, claims and generations stay right."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from stackward.errors import StaleEpochError, StateError, TransitionError
from stackward.lifecycle.states import MEMBERS, TRANSITIONS, Initiator, State, may_follow
from stackward.state.records import CommandStatus, MachineRecord
from stackward.state.store import Store, open_store
from stackward.state.transaction import StackTransaction

NOW = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
NAMES = ("lb1", "web1", "web2")
ADDRESSES = (None, "192.0.2.1", "192.0.2.2")

names = st.sampled_from(NAMES)
numbers = st.integers(0, 1000)
stacks = count()


@dataclass
class Known:
    """What the model knows of an instance. `held` is the run that has the claim."""

    state: State = State.STOPPED
    epoch: int = 0
    held: int | None = None
    addressed: bool = False
    elastic: str | None = None
    configured: int = -1


@dataclass
class Model:
    """What the model knows of the stack."""

    instances: dict[str, Known] = field(default_factory=dict)
    runs: list[int] = field(default_factory=list)
    expires: dict[str, datetime] = field(default_factory=dict)
    commands: dict[int, tuple[str, CommandStatus]] = field(default_factory=dict)
    generation: int = 0
    forgotten_epoch: int = 0
    changes: int = 0

    def copy(self) -> Model:
        """A model that may be changed and thrown away."""
        return Model(
            {name: replace(known) for name, known in self.instances.items()},
            list(self.runs),
            dict(self.expires),
            dict(self.commands),
            self.generation,
            self.forgotten_epoch,
            self.changes,
        )


class Abandoned(Exception):  # noqa: N818
    """Raised in a transaction that is to be undone."""


def unfinished(commands: dict[int, tuple[str, CommandStatus]]) -> dict[int, tuple[str, CommandStatus]]:
    return {number: (name, status) for number, (name, status) in commands.items() if not status.finished}


def way_online(start: State) -> list[State]:
    """The shortest way from a state to online, without the start."""
    ways: deque[list[State]] = deque([[start]])
    while ways[0][-1] is not State.ONLINE:
        way = ways.popleft()
        ways.extend([*way, following] for following in sorted(TRANSITIONS[way[-1]], key=lambda state: state.value))
    return ways[0][1:]


class StoreMachine(RuleBasedStateMachine):
    """Runs that claim, lose, and write, on a new stack each time."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.stack = f"stack{next(stacks)}"
        self.model = Model()
        self.journaled = 0

    @contextmanager
    def transaction(self, abandon: bool) -> Iterator[tuple[StackTransaction, Model]]:
        """A transaction beside a copy of the model, which takes the model's place if the transaction is saved."""
        model = self.model.copy()
        with suppress(Abandoned), self.store.transaction(self.stack) as transaction:
            yield transaction, model
            if abandon:
                raise Abandoned
            self.model = model

    def pick(self, number: int) -> str:
        known = sorted(self.model.instances)
        return known[number % len(known)]

    @rule(name=names, abandon=st.booleans())
    def put_instance(self, name: str, abandon: bool) -> None:
        with self.transaction(abandon) as (transaction, model):
            transaction.put_instance(name, ("web",), NOW)
            model.instances.setdefault(name, Known(epoch=model.forgotten_epoch))

    @rule()
    def begin_run(self) -> None:
        with self.transaction(False) as (transaction, model):
            model.runs.append(transaction.begin_run("converge", "ctl-1", 1, 1.0, "alice", NOW))

    @precondition(lambda self: self.model.instances and self.model.runs)
    @rule(number=numbers, run=numbers, abandon=st.booleans())
    def claim(self, number: int, run: int, abandon: bool) -> None:
        name, run = self.pick(number), self.model.runs[run % len(self.model.runs)]
        with self.transaction(abandon) as (transaction, model):
            known = model.instances[name]
            expires = NOW + timedelta(seconds=number)
            taken = transaction.claim(name, run, f"run {run}", NOW, expires)
            known.epoch, known.held = known.epoch + 1, run
            model.expires[name] = expires
            assert taken.epoch == known.epoch

    @precondition(lambda self: self.model.instances)
    @rule(number=numbers, behind=st.integers(1, 3), write=st.sampled_from(["advance", "machine", "release", "forget"]))
    def write_with_another_epoch(self, number: int, behind: int, write: str) -> None:
        name = self.pick(number)
        stale = self.model.instances[name].epoch - behind
        with self.transaction(False) as (transaction, _):
            writes: dict[str, Callable[[], None]] = {
                "advance": lambda: transaction.advance(name, stale, State.REQUESTED, NOW, actor="x"),
                "machine": lambda: transaction.set_machine(name, stale, None),
                "release": lambda: transaction.release(name, stale),
                "forget": lambda: transaction.forget_instance(name, stale, NOW),
            }
            with pytest.raises(StaleEpochError, match=f"{name}: .* this run leaves it alone"):
                writes[write]()

    @precondition(lambda self: self.model.instances)
    @rule(number=numbers, choice=numbers, abandon=st.booleans())
    def advance(self, number: int, choice: int, abandon: bool) -> None:
        name = self.pick(number)
        with self.transaction(abandon) as (transaction, model):
            known = model.instances[name]
            allowed = sorted(TRANSITIONS[known.state], key=lambda state: state.value)
            to = allowed[choice % len(allowed)]
            transaction.advance(name, known.epoch, to, NOW, actor="converge")
            model.generation += (known.state in MEMBERS) != (to in MEMBERS)
            model.changes += 1
            known.state = to

    @precondition(lambda self: self.model.instances)
    @rule(number=numbers, leave=st.booleans(), abandon=st.booleans())
    def go_online(self, number: int, leave: bool, abandon: bool) -> None:
        name = self.pick(number)
        with self.transaction(abandon) as (transaction, model):
            known = model.instances[name]
            for to in (*way_online(known.state), *([State.STOPPING] if leave else [])):
                transaction.advance(name, known.epoch, to, NOW, actor="converge")
                model.generation += (known.state in MEMBERS) != (to in MEMBERS)
                model.changes += 1
                known.state = to

    @precondition(lambda self: self.model.instances)
    @rule(number=numbers, to=st.sampled_from(State))
    def advance_anywhere(self, number: int, to: State) -> None:
        name = self.pick(number)
        known = self.model.instances[name]
        if to is known.state:
            with self.transaction(False) as (transaction, _):
                transaction.advance(name, known.epoch, to, NOW, actor="converge")
        elif not may_follow(known.state, to):
            with self.transaction(False) as (transaction, _), pytest.raises(TransitionError, match=to.value):
                transaction.advance(name, known.epoch, to, NOW, actor="converge")

    @precondition(lambda self: self.model.instances)
    @rule(number=numbers, elastic=st.sampled_from(ADDRESSES), abandon=st.booleans())
    def set_machine(self, number: int, elastic: str | None, abandon: bool) -> None:
        name = self.pick(number)
        with self.transaction(abandon) as (transaction, model):
            known = model.instances[name]
            transaction.set_machine(name, known.epoch, MachineRecord("t", 1, {}, "m", "10.0.0.1", 22, elastic))
            changed = known.elastic != elastic
            moved = known.state in MEMBERS and (changed or not known.addressed)
            model.generation += moved or (changed and elastic is not None)
            known.addressed, known.elastic = True, elastic

    @precondition(lambda self: self.model.instances)
    @rule(number=numbers, abandon=st.booleans())
    def configured(self, number: int, abandon: bool) -> None:
        name = self.pick(number)
        with self.transaction(abandon) as (transaction, model):
            known = model.instances[name]
            transaction.configured(name, known.epoch, model.generation)
            known.configured = model.generation

    @precondition(lambda self: self.model.instances)
    @rule(number=numbers)
    def release(self, number: int) -> None:
        name = self.pick(number)
        with self.transaction(False) as (transaction, model):
            transaction.release(name, model.instances[name].epoch)
            model.instances[name].held = None

    @precondition(lambda self: self.model.runs)
    @rule(run=numbers, doing=names)
    def renew(self, run: int, doing: str) -> None:
        run = self.model.runs[run % len(self.model.runs)]
        until = NOW + timedelta(hours=1)
        held = {name for name, known in self.model.instances.items() if known.held == run}
        assert self.store.renew(self.stack, run, until, {doing: "boot"}) == held
        self.model.expires.update(dict.fromkeys(held, until))

    @precondition(lambda self: self.model.runs)
    @rule(run=numbers)
    def end_run(self, run: int) -> None:
        with self.transaction(False) as (transaction, model):
            ended = model.runs.pop(run % len(model.runs))
            transaction.end_run(ended, NOW)
            for known in model.instances.values():
                known.held = None if known.held == ended else known.held

    @precondition(lambda self: self.model.instances)
    @rule(number=numbers, abandon=st.booleans())
    def ask(self, number: int, abandon: bool) -> None:
        name = self.pick(number)
        asked = {"batch": None, "initiator": Initiator.USER, "reason": "", "automatic": False, "now": NOW}
        with self.transaction(abandon) as (transaction, model):
            command = transaction.ask(name, "setup", {}, **asked)
            assert command.id not in model.commands
            model.commands[command.id] = (name, CommandStatus.PENDING)

    @precondition(lambda self: self.model.commands)
    @rule(number=numbers, status=st.sampled_from([status for status in CommandStatus if status.finished]))
    def finish_command(self, number: int, status: CommandStatus) -> None:
        command = sorted(self.model.commands)[number % len(self.model.commands)]
        name, current = self.model.commands[command]
        with self.transaction(False) as (transaction, model):
            if current.finished:
                with pytest.raises(StateError, match=f"{current.value} already"):
                    transaction.finish_command(command, None, CommandStatus.SKIPPED, NOW)
            else:
                transaction.finish_command(command, model.instances[name].epoch, status, NOW)
                model.commands[command] = (name, status)

    @precondition(lambda self: self.model.instances)
    @rule(number=numbers, abandon=st.booleans())
    def forget_instance(self, number: int, abandon: bool) -> None:
        name = self.pick(number)
        with self.transaction(abandon) as (transaction, model):
            known = model.instances.pop(name)
            transaction.forget_instance(name, known.epoch, NOW)
            model.generation += known.state in MEMBERS
            model.forgotten_epoch = max(model.forgotten_epoch, known.epoch)
            for command in [number for number, (of, _) in unfinished(model.commands).items() if of == name]:
                model.commands[command] = (name, CommandStatus.SKIPPED)

    @invariant()
    def the_store_knows_what_the_model_knows(self) -> None:
        state = self.store.snapshot(self.stack)
        assert state.generation == self.model.generation
        assert {
            name: (instance.state, instance.epoch, instance.configured) for name, instance in state.instances.items()
        } == {name: (known.state, known.epoch, known.configured) for name, known in self.model.instances.items()}
        assert {command.id: (command.instance, command.status) for command in state.commands} == unfinished(
            self.model.commands
        )

        # One claim an instance, and it is of the run that took the instance last.
        assert {name: (claim.run, claim.epoch, claim.expires) for name, claim in state.claims.items()} == {
            name: (known.held, known.epoch, self.model.expires[name])
            for name, known in self.model.instances.items()
            if known.held is not None
        }

    @invariant()
    def the_journal_only_grows_and_tells_every_change_of_state(self) -> None:
        entries = self.store.journal(self.stack, limit=10_000)
        assert len(entries) == self.model.changes >= self.journaled
        self.journaled = len(entries)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Gives the URL of a new, empty state."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgresql_server").create_database
    return lambda: f"sqlite:///{tmp_path}/state.db"


def test_runs_in_any_order_keep_epochs_claims_and_generations_right(new_url: Callable[[], str]):
    with open_store(new_url()) as store:
        run_state_machine_as_test(lambda: StoreMachine(store), settings=settings(max_examples=25, deadline=None))
