"""What becomes of Setups that go in batches where one fails, and what to tell of them at the end of a run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from stackward.definition.model import Stack
from stackward.engine.hold import HeldInstance
from stackward.rollout.setups import TURN, TURNS, in_turn, stopped
from stackward.state.records import Command, CommandStatus, JournalEntry
from stackward.state.store import Store
from stackward.state.transaction import StackTransaction

IN_TURN = "in_turn"
"""What the journal has with a decision about a Setup that goes in its batch."""

_SPARED = "spared"


def ask(transaction: StackTransaction, asked: Iterable[Command], actor: str, run: int, now: datetime) -> None:
    """Write down the Setups that the stack file asks for, as one request."""
    batch: int | None = None
    for item in asked:
        written = transaction.ask(
            item.instance,
            item.event,
            item.arguments,
            batch=batch,
            initiator=item.initiator,
            reason=item.reason,
            automatic=item.automatic,
            now=now,
        )
        batch = written.batch
        if in_turn(item):
            place = f"in batch {item.arguments[TURN]} of {item.arguments[TURNS]}"
            text = f"to run setup {place}: {item.reason}"
            data = {"event": item.event, "arguments": dict(item.arguments)}
            transaction.note("request", text, actor=actor, now=now, instance=item.instance, run=run, data=data)


def spares(entry: JournalEntry) -> bool:
    """Whether an entry of the journal says that an instance was not set up, as another one had failed."""
    return bool(entry.data.get(_SPARED))


def stop(transaction: StackTransaction, held: HeldInstance, failure: str) -> None:
    """The Setup of an instance has failed: those of its request that come in later batches are not begun."""
    waiting = [item for item in transaction.state.commands if in_turn(item) and item.status is CommandStatus.PENDING]
    requests = {item.batch: transaction.batch_commands(item.batch) for item in waiting}
    for item in waiting:
        if stopped(item, requests[item.batch], held.name):
            why = f"stopped: {held.name}: {failure}"
            transaction.finish_command(item.id, None, CommandStatus.SKIPPED, held.now(), failure=why)
            transaction.note(
                "command",
                f"setup {CommandStatus.SKIPPED.value}: {why}",
                actor=held.hold.actor,
                now=held.now(),
                instance=item.instance,
                run=held.hold.run,
                data={"command": item.id, "event": item.event, _SPARED: True},
            )


def told(store: Store, stack: Stack, run: int, most: int) -> str:
    """Say which Setups of a run that go in batches failed, and whom that leaves as they are; "" where all is well.

    At most so many entries of the journal are looked at.
    """
    entries = store.journal(stack.name, kinds=("decision", "failure", "command"), limit=most, run=run)
    setups = {entry.instance for entry in entries if entry.data.get(IN_TURN)}
    if not setups:
        return ""
    failed = {entry.instance: entry.text for entry in entries if entry.kind == "failure" and entry.instance in setups}
    spared = sorted({str(entry.instance) for entry in entries if spares(entry)})
    left = [item.instance for item in store.snapshot(stack.name).commands if in_turn(item)]
    sentences = [f"{name}: its Setup failed: {text}" for name, text in failed.items()]
    if spared:
        sentences.append(f"{', '.join(spared)}: not set up because of that, and as before.")
    if left:
        sentences.append(f"{', '.join(left)}: their Setup is not over; stackward converge goes on with it.")
    return "\n".join(sentences)
