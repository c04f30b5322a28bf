"""`stackward why`: how an instance came to be as it is, what holds it, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from stackward.cli import completion, options
from stackward.cli.output import Form, console, print_json, print_line

if TYPE_CHECKING:
    from stackward.cli.opening import Known
    from stackward.cli.status_data import InstanceStatus
    from stackward.state.records import JournalEntry

_SHOWN = 20
_UNDER = 4
_EVERY = 1_000_000
_LOOKED_AT = 500
"""Requests for several instances that are looked through for this one's name."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """An instance, its part of the journal (oldest first), and why the stack's generation moved since its Configure."""

    stack: str
    now: InstanceStatus
    generation: int
    causes: tuple[JournalEntry, ...]
    journal: tuple[JournalEntry, ...]


def why(
    name: Annotated[str, typer.Argument(metavar="INSTANCE|LAYER", autocompletion=completion.instances_and_layers)],
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    everything: Annotated[bool, typer.Option("--all", help="The whole journal, not just the last 20 entries.")] = False,
    output: options.Output = Form.TEXT,
) -> None:
    """Say why an instance is as it is, and what comes next.

    Shows who asked for what, and what was decided from which inputs. Of a layer
    that scales by load: what was measured, how long it has been so, and what
    holds starts and stops back.

    For example:
      stackward why web1
      stackward why web
      stackward why web1 --all --output json
    """
    from stackward.cli.in_force import opened_in_force
    from stackward.cli.naming import Kind, named

    with opened_in_force(inventory, stack) as stacks:
        its = named(name, stacks, (Kind.INSTANCE, Kind.LAYER))
        moment = datetime.now(UTC)
        limit = _EVERY if everything else _SHOWN
        if its.kind is Kind.LAYER:
            from stackward.cli.why_layer import why_layer

            why_layer(its.known, name, moment, limit, output)
            return
        found = explain(its.known, name, moment, limit)
        if output is Form.JSON:
            print_json(found)
        else:
            _say(found, moment)


def explain(known: Known, name: str, now: datetime, limit: int) -> Explanation:
    """Return the last `limit` entries about an instance, and how it is now. Raises StateError."""
    from stackward.cli.journal_text import concerns
    from stackward.cli.status_data import status

    own = known.journal(instance=name, limit=limit)
    shared = known.journal(kinds=("request",), limit=max(_LOOKED_AT, limit))
    entries = {entry.id: entry for entry in (*own, *shared) if concerns(entry, name)}
    whole = status(known, now, (name,))
    its = next(item for item in whole.instances if item.name == name)
    return Explanation(
        stack=whole.name,
        now=its,
        generation=whole.generation,
        causes=_causes(known, its, whole.generation) if its.configure_current is False else (),
        journal=tuple(entries[number] for number in sorted(entries)[-limit:]),
    )


def _causes(known: Known, its: InstanceStatus, generation: int) -> tuple[JournalEntry, ...]:
    """Return what moved the generation on since the instance's last Configure."""
    before = -1 if its.configured_generation is None else its.configured_generation
    entries = known.journal(kinds=("state", "generation"), limit=_LOOKED_AT)
    return tuple(entry for entry in entries if before < entry.data.get("generation", -1) <= generation)


def _say(found: Explanation, now: datetime) -> None:
    from rich.text import Text

    from stackward.cli.journal_text import inputs, sentence
    from stackward.cli.moments import UNDER_CLOCK, ago, clock
    from stackward.cli.status_screen import state_text

    screen = console()
    for entry in found.journal:
        line = Text(clock(entry.at, now), style="dim")
        line.append(f"  {entry.actor}  ", style="dim")
        line.append(sentence(entry), style="red" if entry.kind == "failure" else "")
        print_line(screen, line, UNDER_CLOCK)
        if made_from := inputs(entry):
            print_line(screen, Text(f"          from: {made_from}", style="dim"), UNDER_CLOCK)
    if not found.journal:
        print_line(screen, f"Nothing has ever been asked of {found.now.name}, and nothing has happened to it.")
    its = found.now
    head = Text.assemble("\n", (its.name, "bold"), " is ", state_text(its.state))
    head.append(f" since {ago(its.since, now)}" if its.since else "")
    print_line(screen, head)
    if its.failure:
        print_line(screen, Text(f"  because: {its.failure}", style="red"), _UNDER)
    if its.holder is not None:
        fate = "holds it" if its.holder.alive else "held it and died"
        print_line(screen, f"  {its.holder.owner} {fate}, since {ago(its.holder.since, now)}", _UNDER)
    for entry in found.causes:
        number = entry.data["generation"]
        print_line(screen, f"  generation {number}: {entry.instance or found.stack} {sentence(entry)}", _UNDER)
    if its.health is not None:
        print_line(screen, f"  seen: {its.health.health}, {its.health.reason}", _UNDER)
    if its.schedule is not None:
        print_line(screen, f"  schedule: {its.schedule.because}", _UNDER)
    print_line(screen, f"  next: {its.turn.text}", _UNDER)
