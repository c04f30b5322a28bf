"""What a run holds while it moves an instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from stackward.definition.model import Stack
from stackward.lifecycle.states import State
from stackward.state.records import InstanceRecord
from stackward.state.store import Store
from stackward.state.transaction import StackTransaction


@dataclass(frozen=True, slots=True)
class Hold:
    """The right to move one instance: which run, under which epoch, and the name that the journal shows."""

    run: int
    epoch: int
    actor: str


@dataclass(frozen=True, slots=True)
class HeldInstance:
    """An instance that a run moves: the stack file and the store that it is in, the run's hold on it, and the clock."""

    store: Store
    stack: Stack
    name: str
    hold: Hold
    now: Callable[[], datetime]

    @property
    def record(self) -> InstanceRecord:
        """The instance as the store knows it now."""
        return self.store.snapshot(self.stack.name).instances[self.name]

    def transaction(self) -> AbstractContextManager[StackTransaction]:
        """One write transaction on the instance's stack."""
        return self.store.transaction(self.stack.name)

    def advance(self, transaction: StackTransaction, to: State, text: str = "", *, failure: str = "") -> None:
        """Change the instance's state in the name of the run. Raises StaleEpochError and TransitionError."""
        hold = self.hold
        transaction.advance(
            self.name, hold.epoch, to, self.now(), failure=failure, actor=hold.actor, text=text, run=hold.run
        )

    def note(
        self, transaction: StackTransaction, kind: str, text: str, data: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        """Append to the journal what the run has to say of the instance."""
        hold = self.hold
        transaction.note(kind, text, actor=hold.actor, now=self.now(), instance=self.name, run=hold.run, data=data)
