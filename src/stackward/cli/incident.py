"""`stackward incident`: what befell an instance, what was seen and decided; and the same, decided again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stackward.cli import options
from stackward.cli.output import Form, console, print_json, print_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stackward.cli.opening import Known
    from stackward.healing.incidents import Incident
    from stackward.state.records import JournalEntry

_LOOKED_AT = 5_000
"""Entries of the journal that are looked through for each instance."""

_SHOWN = 20
_DIFFERENT = 2


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a time line. `what` is seen, decided, withheld or happened."""

    at: datetime
    what: str
    text: str


def incident(
    number: Annotated[int | None, typer.Argument(metavar="NUMBER", help="Which one; none: list them.")] = None,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write all that was decided from, so that it can be replayed.")
    ] = None,
    replay: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Decide again what was exported, with the stack file as it is now."),
    ] = None,
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    output: options.Output = Form.TEXT,
) -> None:
    """List what befell instances, or tell one: who saw what and when, what was decided, what each remedy did.

    With --replay it exits with 2 where something else would be decided now.

    For example:
      stackward incident
      stackward incident 512
      stackward incident 512 --export incident.json
      stackward incident --replay incident.json
    """
    from stackward.cli.in_force import opened_in_force
    from stackward.cli.opening import opened
    from stackward.errors import StackwardError

    if export is not None and number is None:
        raise typer.BadParameter("say which incident: stackward incident NUMBER --export FILE", param_hint="'--export'")
    if replay is not None:
        with opened(inventory, stack) as stacks:
            _replay(replay, stacks, output)
        return
    with opened_in_force(inventory, stack) as stacks:
        found = [(known, item) for known in stacks for item in _incidents(known)]
        if number is None:
            _list([item for _known, item in found][-_SHOWN:], output)
            return
        for known, item in found:
            if item.id == number:
                if export is not None:
                    _export(export, known, item)
                else:
                    _tell(known, item, output)
                return
        raise StackwardError(f"There is no incident {number}; stackward incident lists those that there are.")


def _incidents(known: Known) -> list[Incident]:
    from stackward.healing.incidents import KINDS, as_known

    if known.store is None:
        return []
    records, seen = known.state().instances, known.store.sightings(known.stack.name)
    histories = known.store.histories(known.stack.name, records, KINDS, _LOOKED_AT)
    found = (item for name, record in records.items() for item in as_known(histories[name], record, seen))
    return sorted(found, key=lambda item: item.id)


def _list(found: Sequence[Incident], output: Form) -> None:
    from stackward.cli.moments import clock

    if output is Form.JSON:
        print_json(found)
        return
    now = datetime.now(UTC)
    if not found:
        console().print("Nothing has befallen any instance, as far as anybody has looked.")
    for item in found:
        console().print(f"{item.id:>6}  {item.instance}  {clock(item.began, now)}  {_summary(item)}", soft_wrap=True)


def _summary(item: Incident) -> str:
    from stackward.cli.moments import span

    done = ", ".join(item.remedies) or "no remedy"
    if item.ended is not None:
        return f"well again after {span(item.ended - item.began)}: {done}"
    return f"{'over' if item.over else 'open'}: {done}, {item.withheld} times withheld"


def _tell(known: Known, item: Incident, output: Form) -> None:
    from rich.text import Text

    from stackward.cli.moments import UNDER_CLOCK, clock

    line = tuple(_time_line(known, item))
    if output is Form.JSON:
        print_json({"incident": item, "time_line": line})
        return
    now, screen = datetime.now(UTC), console()
    screen.print(Text.assemble((item.instance, "bold"), f": {_summary(item)}"), soft_wrap=True)
    style = {"decided": "bold", "withheld": "yellow", "seen": "dim"}
    for moment in line:
        text = Text(f"{clock(moment.at, now)}  {moment.what:<8}  ", style="dim")
        text.append(moment.text, style=style.get(moment.what, ""))
        print_line(screen, text, UNDER_CLOCK)


def _time_line(known: Known, item: Incident) -> Iterator[Moment]:
    """What was seen, decided and done, in order; what a witness goes on seeing is said once."""
    from stackward.cli.journal_text import sentence
    from stackward.healing.recording import KIND

    said: set[tuple[str, ...]] = set()
    for entry in _entries(known, item):
        if entry.kind == KIND:
            for witness, answer, text, at, since in (
                entry.data["inputs"]["instances"].get(item.instance, {}).get("seen", ())
            ):
                if (witness, answer, text, since) not in said:
                    said.add((witness, answer, text, since))
                    start = f"{datetime.fromisoformat(since):%H:%M:%S} UTC"
                    why = f" — {text}" if text else ""
                    yield Moment(datetime.fromisoformat(at), "seen", f"{witness}: {answer} since {start}{why}")
        elif entry.instance == item.instance:
            what = {"heal": "decided", "healing-withheld": "withheld"}.get(entry.kind, "happened")
            yield Moment(entry.at, what, sentence(entry))


def _entries(known: Known, item: Incident) -> list[JournalEntry]:
    from stackward.healing.recording import KIND

    own = known.journal(instance=item.instance, after=item.id - 1, limit=_LOOKED_AT, newest=False)
    looks = known.journal(
        kinds=(KIND,), after=max(0, item.id - 2 - len(known.stack.instances)), limit=_LOOKED_AT, newest=False
    )
    chosen = {entry.id: entry for entry in own if entry.id <= item.last}
    chosen |= {entry.id: entry for entry in looks if entry.id <= item.last and entry.at >= item.began}
    return [chosen[number] for number in sorted(chosen)]


def _export(path: Path, known: Known, item: Incident) -> None:
    import json

    from stackward.errors import StackwardError
    from stackward.healing.recording import KIND

    looks = [entry for entry in _entries(known, item) if entry.kind == KIND]
    digest = looks[0].data["inputs"]["definition"] if looks else None
    text = known.store.definition(digest) if known.store is not None and digest else None
    data: dict[str, Any] = {
        "stack": known.stack.name,
        "incident": {"id": item.id, "instance": item.instance, "reason": item.reason},
        "stack_file": text,
        "looks": [dict(entry.data) for entry in looks],
    }
    try:
        path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise StackwardError(f"{path} cannot be written: {error.strerror or error}.") from error
    console().print(f"{path}: {len(looks)} decisions about {item.instance}", soft_wrap=True)


def _replay(path: Path, stacks: Sequence[Known], output: Form) -> None:
    import json

    from stackward.errors import StackwardError
    from stackward.healing.replay import replayed

    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        known = next((known for known in stacks if known.stack.name == data["stack"]), None)
        if known is None:
            raise StackwardError(f"{path} is of stack {data['stack']}, which is not here.")
        found = replayed(known.stack, data["looks"])
    except OSError as error:
        raise StackwardError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError) as error:
        raise StackwardError(f"{path} is no exported incident ({error}).") from error
    if output is Form.JSON:
        print_json(found)
    else:
        from stackward.cli.moments import clock

        now = datetime.now(UTC)
        for look in found:
            before, after = (_decided(look.before), _decided(look.now))
            told = f"as it was: {after}" if look.same else f"was {before}; is {after}"
            console().print(f"{clock(look.at, now)}  {told}", soft_wrap=True)
        console().print(f"{len(found)} decisions replayed, {sum(not look.same for look in found)} otherwise")
    if any(not look.same for look in found):
        raise typer.Exit(_DIFFERENT)


def _decided(outcome: dict[str, Any]) -> str:
    parts = [f"{name}: {remedy}" for name, remedy, _why in outcome["heals"]]
    parts += [f"{name}: lost" for name, _why in outcome["marks"]]
    parts += [f"{name}: withheld" for name, _why in outcome["withheld"]]
    return ", ".join(parts) or "nothing"
