"""What a run did, read from the state: the instances that it moved, their commands, and what failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stackward.cli.opening import Known
from stackward.cli.turn import held
from stackward.engine.process import dead_runs, owner
from stackward.lifecycle.states import FAILED, State
from stackward.state.records import Claim, Command, InstanceRecord

_MANY = 100_000


@dataclass(frozen=True, slots=True)
class InstanceOutcome:
    """An instance after the run. `failures` are sentences; `commands` those that this run carried out."""

    stack: str
    name: str
    state: str
    address: str | None
    failures: tuple[str, ...]
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Working:
    """An instance during the run. `claim` is None while the run does not hold it."""

    name: str
    state: State
    failure: str
    claim: Claim | None


@dataclass(slots=True)
class Witness:
    """Watches one stack through a run. `start` is the last entry of the journal from before it."""

    known: Known
    kind: str
    start: int = 0
    runs: set[int] = field(default_factory=set)
    seen: dict[str, None] = field(default_factory=dict)

    def begin(self) -> None:
        """Remember where the journal ends."""
        self.start = max((entry.id for entry in self.known.journal(limit=1)), default=0)

    def look(self, process: int) -> tuple[Working, ...]:
        """Return the instances that the process works on or has worked on. Raises StateError."""
        state = self.known.state()
        mine = _of_process(state.claims, process)
        for claim in mine.values():
            self.runs.add(claim.run)
            self.seen.setdefault(claim.instance)
        return tuple(
            _working(name, state.instances.get(name), mine.get(name)) for name in self.seen if name in state.instances
        )

    def elsewhere(self, now: datetime) -> tuple[Claim, ...]:
        """Return the claims of other runs that work on instances now. Raises StateError."""
        claims = self.known.state().claims
        dead = dead_runs(claims.values())
        return tuple(claim for name, claim in claims.items() if name not in self.seen and held(claim, dead, now))

    def resources(self) -> tuple[str, ...]:
        """Return what has been done to resources since, in words. Raises StateError."""
        entries = self.known.journal(kinds=("resource",), after=self.start, limit=_MANY, newest=False)
        return tuple(f"{self.known.stack.name}: {entry.text}" for entry in entries)

    def outcomes(self) -> tuple[InstanceOutcome, ...]:
        """Return what became of every instance of the run. Raises StateError."""
        entries = self.known.journal(after=self.start, limit=_MANY, newest=False)
        runs = self.runs or {entry.run for entry in entries if entry.actor.startswith(f"{self.kind}#")} - {None}
        mine = [entry for entry in entries if entry.run in runs]
        names = dict.fromkeys((*self.seen, *(entry.instance for entry in mine if entry.instance is not None)))
        state = self.known.state()
        commands = [command for command in self.known.commands(limit=_MANY if runs else 1) if command.run in runs]
        return tuple(
            InstanceOutcome(
                stack=self.known.stack.name,
                name=name,
                state=record.state.value if record else State.TERMINATED.value,
                address=record.machine.address if record and record.machine else None,
                failures=tuple(
                    dict.fromkeys(entry.text for entry in mine if entry.instance == name and entry.kind == "failure")
                ),
                commands=tuple(command for command in reversed(commands) if command.instance == name),
            )
            for name in names
            for record in (state.instances.get(name),)
        )


def failing(outcomes: Sequence[InstanceOutcome]) -> Iterator[InstanceOutcome]:
    """Yield the instances of which something failed."""
    failed = {state.value for state in FAILED}
    for item in outcomes:
        if item.failures or item.state in failed:
            yield item


def log_name(kind: str, now: datetime) -> str:
    """Return the name of the file that keeps a run's output: when it began (UTC), and what it is."""
    return f"{now:%Y%m%dT%H%M%SZ}-{kind}"


def _of_process(claims: Mapping[str, Claim], process: int) -> dict[str, Claim]:
    host = owner(process).host
    return {name: claim for name, claim in claims.items() if (claim.process, claim.host) == (process, host)}


def _working(name: str, record: InstanceRecord | None, claim: Claim | None) -> Working:
    if record is None:
        return Working(name, State.TERMINATED, "", claim)
    return Working(name, record.state, record.failure, claim)
