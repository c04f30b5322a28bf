"""`stackward metrics`: what was measured of instances and layers, and how the sources of it are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackward.cli import completion, options
from stackward.cli.output import Form, console, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stackward.cli.opening import Known
    from stackward.metrics.sample import Sample

_PICTURES = (".svg", ".png", ".pdf")


@dataclass(frozen=True, slots=True)
class Point:
    """One value; None where the source was asked and had none."""

    at: datetime
    value: float | None
    source: str


@dataclass(frozen=True, slots=True)
class Series:
    """The values of a metric of an instance, or of a layer as a whole (`layer_web`), oldest first."""

    subject: str
    metric: str
    points: tuple[Point, ...]

    @property
    def known(self) -> tuple[float, ...]:
        """The values that there are."""
        return tuple(point.value for point in self.points if point.value is not None)


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source of the stack file: when it was last asked, None for never, and what went wrong then."""

    name: str
    type: str
    asked: datetime | None
    failure: str


@dataclass(frozen=True, slots=True)
class AlarmStatus:
    """An alarm as it was last heard of."""

    name: str
    state: str
    since: datetime
    heard: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of one stack."""

    stack: str
    since: datetime
    until: datetime
    series: tuple[Series, ...]
    sources: tuple[SourceStatus, ...]
    alarms: tuple[AlarmStatus, ...]


def metrics(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[INSTANCE|LAYER]", help="Whose; all unless given.", autocompletion=completion.everything
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
    from stackward.cli.naming import Kind, named
    from stackward.cli.opening import opened

    if picture is not None and picture.suffix.lower() not in _PICTURES:
        raise typer.BadParameter(f"{picture} is neither .svg, .png nor .pdf.")
    until = datetime.now(UTC)
    since = until - _duration(last)
    with opened(inventory, stack) as stacks:
        if name is None:
            found = [measured(known, None, metric or (), since, until) for known in stacks]
        else:
            its = named(name, stacks, (Kind.INSTANCE, Kind.LAYER))
            subjects = _subjects(its.known, its.name, layer=its.kind is Kind.LAYER)
            found = [measured(its.known, subjects, metric or (), since, until)]
    if picture is not None:
        from stackward.cli.metrics_picture import draw

        draw([series for each in found for series in each.series], since, until, picture)
    if output is Form.JSON:
        print_json(found[0] if name is not None or len(found) == 1 else {"stacks": found})
        return
    from stackward.cli.metrics_table import tables

    for part in tables(found, until, metric or ()):
        console().print(part)
    if picture is not None:
        console().print(f"drawn in {picture}", soft_wrap=True)


def _duration(text: str) -> timedelta:
    from stackward.definition.mistake import Mistake
    from stackward.definition.values import positive_duration

    try:
        return timedelta(seconds=min(positive_duration(text), 14 * 86400.0))
    except Mistake as mistake:
        raise typer.BadParameter(f"--last {text}: {mistake.wrong}; {mistake.right}.") from None


def _subjects(known: Known, name: str, *, layer: bool) -> tuple[str, ...]:
    from stackward.metrics.sample import of_layer

    if not layer:
        return (name,)
    members = (item for item, instance in known.stack.instances.items() if name in instance.layers)
    return (of_layer(name), *members)


def measured(
    known: Known, subjects: Sequence[str] | None, wanted: Sequence[str], since: datetime, until: datetime
) -> Measured:
    """Return what was measured of some subjects, None: of all, and how the stack's sources and alarms are."""
    store, stack = known.store, known.stack
    samples = (
        store.samples(stack.name, since, until, metrics=wanted or None, subjects=subjects) if store is not None else ()
    )
    asked = store.collections(stack.name) if store is not None else {}
    heard = store.alarms(stack.name) if store is not None else {}
    return Measured(
        stack.name,
        since,
        until,
        _series(samples),
        tuple(
            SourceStatus(source.name, source.type, last.at if last else None, last.failure if last else "")
            for source in stack.metrics.values()
            for last in (asked.get(source.name),)
        ),
        tuple(
            AlarmStatus(name, its.alarm.state.value, its.alarm.since, its.at, its.source)
            for name, its in sorted(heard.items())
        ),
    )


def _series(samples: Sequence[Sample]) -> tuple[Series, ...]:
    found: dict[tuple[str, str], list[Point]] = {}
    for sample in samples:
        value = None if math.isnan(sample.value) else sample.value
        found.setdefault((sample.subject, sample.metric), []).append(Point(sample.at, value, sample.source))
    return tuple(Series(*key, tuple(points)) for key, points in sorted(found.items()))
