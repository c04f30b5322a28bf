"""`stackward metrics`: what was measured of instances and layers, and how the sources of it are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackward.cli import completion, options
from stackward.cli.durations import seconds
from stackward.cli.output import Form, console, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stackward.cli.metrics_data import Measured
    from stackward.cli.opening import Known

_PICTURES = (".svg", ".png", ".pdf")


def metrics(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="INSTANCE|LAYER", help="Whose; all unless given.", autocompletion=completion.instances_and_layers
        ),
    ] = None,
    metric: Annotated[
        list[str] | None, typer.Option("--metric", metavar="NAME", help="Only this metric; may be repeated.")
    ] = None,
    last: Annotated[
        str, typer.Option("--last", metavar="DURATION", help="How far back: 30m, 6h, 2d; two weeks are kept.")
    ] = "1h",
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE", help="Also draw it, as .svg, .png or .pdf.")
    ] = None,
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    output: options.Output = Form.TEXT,
) -> None:
    """Show what was measured: CPU, memory, load average, your own metrics, alarms.

    Minutes are kept for a day, means of ten minutes for two weeks.

    For example:
      stackward metrics
      stackward metrics web --metric cpu --last 6h
      stackward metrics web1 --last 2d --picture web1.svg
    """
    from stackward.cli.in_force import opened_in_force
    from stackward.cli.metrics_data import measured
    from stackward.cli.naming import Kind, named

    if picture is not None and picture.suffix.lower() not in _PICTURES:
        raise typer.BadParameter(f"{picture} is neither .svg, .png nor .pdf.")
    until = datetime.now(UTC)
    since = until - timedelta(seconds=min(seconds(last, "--last"), 14 * 86400.0))
    with opened_in_force(inventory, stack) as stacks:
        if name is None:
            found = [measured(known, None, metric or (), since, until) for known in stacks]
        else:
            its = named(name, stacks, (Kind.INSTANCE, Kind.LAYER))
            subjects = _subjects(its.known, its.name, layer=its.kind is Kind.LAYER)
            found = [measured(its.known, subjects, metric or (), since, until)]
        if picture is not None:
            from stackward.cli.metrics_picture import draw

            draw([series for each in found for series in each.series], since, until, picture)
        _show(found, until, metric or (), output, alone=name is not None or len(found) == 1)
        if picture is not None and output is Form.TEXT:
            console().print(f"drawn in {picture}", soft_wrap=True)


def _show(found: Sequence[Measured], until: datetime, wanted: Sequence[str], output: Form, *, alone: bool) -> None:
    if output is Form.JSON:
        print_json(found[0] if alone else {"stacks": found})
        return
    from stackward.cli.metrics_table import tables

    for part in tables(found, until, wanted):
        console().print(part)


def _subjects(known: Known, name: str, *, layer: bool) -> tuple[str, ...]:
    from stackward.metrics.sample import of_layer

    if not layer:
        return (name,)
    members = (item for item, instance in known.stack.instances.items() if name in instance.layers)
    return (of_layer(name), *members)
