"""`stackward schedule`: what the schedules of a stack file mean."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackward.cli import options
from stackward.cli.output import Form, console, print_json

if TYPE_CHECKING:
    from stackward.cli.schedule_preview import Preview

LONGEST = 3660
"""The most days of a preview."""

_USUAL = 7
"""Days of a preview that says no end."""

_FIRST_YEAR, _LAST_YEAR = 1970, 2199
_PICTURES = (".svg", ".png")


def _date(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date; write one such as 2026-03-28.") from None
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise typer.BadParameter(f"{text} is out of reach; write a date from {_FIRST_YEAR} to {_LAST_YEAR}.")
    return found


def preview(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Stack files; by default those of the project."),
    ] = None,
    instance: options.Instances = None,
    first: Annotated[
        date | None, typer.Option("--from", metavar="DATE", parser=_date, help="First day; today unless given.")
    ] = None,
    last: Annotated[
        date | None,
        typer.Option("--to", metavar="DATE", parser=_date, help="Last day, included; six days on unless given."),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE", help="Also draw it, as .svg or .png.")
    ] = None,
    output: options.Output = Form.TEXT,
) -> None:
    """Show when time-based instances are wanted.

    Days are local to each instance's time zone. Every window that has a part in
    them is shown whole; JSON has its times in UTC and by the local clock.
    Changes of clocks, overlaps and exceptions are marked.

    For example:
      stackward schedule preview inventory/shop.stack.yml
      stackward schedule preview --instance web2 --from 2026-03-28 --to 2026-03-30
      stackward schedule preview --from 2026-01-01 --to 2026-12-31 -o json
      stackward schedule preview --from 2026-12-20 --picture calendar.png
    """
    first = first or datetime.now().astimezone().date()
    last = last or first + timedelta(days=_USUAL - 1)
    if last < first:
        raise typer.BadParameter(f"--to {last} is before --from {first}.")
    if (last - first).days >= LONGEST:
        raise typer.BadParameter(f"--from {first} to {last} is too long; {LONGEST} days are the most.")
    if picture is not None and picture.suffix.lower() not in _PICTURES:
        raise typer.BadParameter(f"{picture} is neither .svg nor .png.")
    found = _previews(files, instance or (), first, last)
    if picture is not None:
        from stackward.cli.schedule_picture import draw

        draw(found, first, last, picture)
    if output is Form.JSON:
        print_json([window for item in found for window in item.windows])
    else:
        from stackward.cli.schedule_table import tables

        for part in tables(found):
            console().print(part)
        if picture is not None:
            console().print(f"drawn in {picture}", soft_wrap=True)


def _previews(files: list[Path] | None, names: list[str] | tuple[()], first: date, last: date) -> tuple[Preview, ...]:
    from stackward.cli.finding import find
    from stackward.cli.naming import Kind, check
    from stackward.cli.schedule_preview import previews
    from stackward.definition.loader import load
    from stackward.errors import StackwardError

    stacks = [load(str(file), environment=os.environ) for file in files or find((), Path.cwd()).files]
    check(stacks, Kind.INSTANCE, names)
    found = tuple(item for stack in stacks for item in previews(stack, first, last))
    for name in names:
        if name not in {item.instance for item in found}:
            raise StackwardError(f"{name} is not of type time, so it has no schedule.")
    return tuple(item for item in found if not names or item.instance in names)
