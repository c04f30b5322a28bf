"""Whatever a provider answers: no machine is given up before it is proven gone or stopped, and no disk is removed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from stackward.engine import machines
from stackward.engine.hold import HeldInstance, Hold
from stackward.engine.reach import Reach
from stackward.errors import ProviderError
from stackward.lifecycle.health import Remedy
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.planner import Action, Observations, decide
from stackward.providers.base import Machine, MachineState
from stackward.state.records import Request
from stackward.state.store import Store, open_store
from tests.contract.state.examples import MACHINE, NOW, TO_ONLINE, advance, claimed_instance
from tests.stacks import small_stack

STACK = small_stack({"web1": ("web",)}, apps=False)
NOTHING = Reach(lambda: "", lambda *_: None, lambda *_: None, lambda *_: None)
ANSWERS = st.lists(st.sampled_from(["obeys", "ignores", "fails", "fails after it"]), min_size=1, max_size=5)


class Moody:
    """A provider that does not always do what it is told, and writes down what that is."""

    def __init__(self, answers: list[str]) -> None:
        self.answers, self.calls = list(answers), []
        self.machine = Machine(MACHINE.id, "shop", "web1", MACHINE.token, MachineState.RUNNING)
        self.capabilities = frozenset()

    def describe(self, _stack: str) -> dict[str, Machine]:
        return {} if self.machine is None else {self.machine.id: self.machine}

    def terminate(self, machine_id: str) -> None:
        self.calls.append(("terminate", machine_id))
        self._do(None)

    def stop(self, machine_id: str, *, force: bool = False) -> Machine:
        self.calls.append(("stop", machine_id))
        self._do(replace(self.machine, state=MachineState.STOPPED))
        return self.machine

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"healing has asked the provider to {name}")

    def _do(self, after: Machine | None) -> None:
        answer = self.answers.pop(0) if self.answers else "obeys"
        if answer in ("obeys", "fails after it"):
            self.machine = after
        if answer.startswith("fails"):
            raise ProviderError("RequestLimitExceeded")


@contextmanager
def failed_instance(remedy: Remedy) -> Iterator[tuple[Store, HeldInstance]]:
    """An instance whose connection is lost, for which the remedy is asked."""
    with tempfile.TemporaryDirectory() as folder, open_store(f"sqlite:///{folder}/state.db") as store:
        run, epoch = claimed_instance(store)
        request = Request(Desired.ONLINE, Initiator.AUTO_HEALING, "lost", NOW, remedy)
        going = State.TERMINATING if remedy is Remedy.REPLACE else State.STOPPING
        with store.transaction("shop") as transaction:
            transaction.set_machine("web1", epoch, MACHINE)
            advance(transaction, "web1", epoch, *TO_ONLINE, State.CONNECTION_LOST)
            transaction.request("web1", request)
            advance(transaction, "web1", epoch, going)
        yield store, HeldInstance(store, STACK, "web1", Hold(run, epoch, "heal"), lambda: NOW)


@settings(max_examples=30, deadline=None)
@given(ANSWERS)
def test_no_machine_is_made_before_the_one_before_is_proven_gone(answers):
    provider = Moody(answers)
    with failed_instance(Remedy.REPLACE) as (store, held):
        for _ in answers:
            try:
                machines.terminate(held, provider, NOTHING)
            except ProviderError:
                record = store.snapshot("shop").instances["web1"]
                assert record.machine == MACHINE
                assert record.state is State.TERMINATING
                plan = decide(STACK, store.snapshot("shop"), Observations(frozenset({held.hold.run})), NOW)
                assert {move.action for move in plan.moves} == {Action.TERMINATE}
            else:
                break
        record = store.snapshot("shop").instances["web1"]
        assert record.machine == MACHINE or (record.machine is None and provider.machine is None)
        assert {machine_id for _, machine_id in provider.calls} == {MACHINE.id}


@settings(max_examples=30, deadline=None)
@given(ANSWERS)
def test_no_machine_is_started_again_before_it_is_proven_stopped(answers):
    provider = Moody(answers)
    with failed_instance(Remedy.RESTART) as (store, held):
        for _ in answers:
            try:
                machines.stop(held, provider)
            except ProviderError:
                assert store.snapshot("shop").instances["web1"].state is State.STOPPING
            else:
                break
        record = store.snapshot("shop").instances["web1"]
        assert record.state is State.STOPPING or provider.machine.state is MachineState.STOPPED
        assert record.machine == MACHINE
