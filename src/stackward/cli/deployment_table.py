"""Deploys and rollbacks, a line each with what became of it below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.text import Text

from stackward.cli.moments import clock, taken
from stackward.state.records import CommandStatus, Rollout, RolloutStatus

_STYLE = {
    RolloutStatus.SUCCESSFUL: "green",
    RolloutStatus.FAILED: "bold red",
    RolloutStatus.FAILING: "bold red",
    RolloutStatus.RUNNING: "cyan",
}
_HEAD = ("ID", "WHEN", "APP", "WHAT", "REVISION", "TOOK", "STATUS", "BY")
_STATUS = _HEAD.index("STATUS")
_SHORT = 7


def lines(rollouts: Sequence[Rollout], now: datetime) -> Iterator[Text]:
    """Yield a heading, and for each rollout what, when, from what to what, by whom, how it ended and where."""
    rows = [_HEAD, *(_row(item, now) for item in rollouts)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for place, row in enumerate(rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        if place == 0:
            yield Text("  ".join(cells).rstrip(), style="dim")
            continue
        item = rollouts[place - 1]
        text = Text()
        for column, cell in enumerate(cells):
            text.append(cell, style=_STYLE.get(item.status, "dim") if column == _STATUS else "").append("  ")
        text.rstrip()
        yield text
        yield from _result(item)


def _row(item: Rollout, now: datetime) -> tuple[str, ...]:
    before, after = item.before_revision[:_SHORT], item.revision[:_SHORT]
    revision = f"{before} → {after}" if before and before != after else after
    took = taken(item.started, item.finished, now)
    return str(item.id), clock(item.started, now), item.app, item.kind, revision, took, item.status.value, item.actor


def _result(item: Rollout) -> Iterator[Text]:
    """Yield the instances by how it ended on them, and why it was asked for and stopped."""
    by_status: dict[str, list[str]] = {}
    for name, result in item.results.items():
        by_status.setdefault(result.status, []).append(name)
    parts = [
        ", ".join(names) if status == CommandStatus.SUCCESSFUL.value else f"{', '.join(names)} {status}"
        for status, names in by_status.items()
    ]
    said = " — ".join(part for part in ("; ".join(parts), item.reason) if part)
    if said:
        yield Text(f"    {said}", style="dim")
    if item.failure:
        yield Text(f"    {item.failure.splitlines()[0]}", style="red")
