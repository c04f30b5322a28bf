"""Commands and their logs as tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from stackward.cli.moments import clock, taken
from stackward.cli.turn import task
from stackward.state.records import Command, CommandStatus, LogLine

_STYLE = {
    CommandStatus.SUCCESSFUL: "green",
    CommandStatus.FAILED: "bold red",
    CommandStatus.EXPIRED: "bold red",
    CommandStatus.RUNNING: "cyan",
    CommandStatus.PENDING: "yellow",
}
_LINE_STYLE = {"failed": "bold red", "unreachable": "bold red", "changed": "yellow", "ok": "green"}


def table(commands: Sequence[Command], now: datetime) -> Table:
    """Return one row a command: what, where, how it ended, how long it took, why it failed or was asked for."""
    found = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    found.add_column("COMMAND", justify="right", no_wrap=True)
    found.add_column("WHEN", no_wrap=True)
    found.add_column("INSTANCE", no_wrap=True)
    found.add_column("EVENT", no_wrap=True)
    found.add_column("STATUS", no_wrap=True)
    found.add_column("TOOK", justify="right", no_wrap=True)
    found.add_column("WHY", ratio=1, overflow="fold")
    for command in commands:
        found.add_row(
            str(command.id),
            clock(command.started or command.created, now),
            command.instance,
            command.event,
            Text(command.status.value, style=_STYLE.get(command.status, "dim")),
            taken(command.started, command.finished, now),
            Text(command.failure, style="red") if command.failure else Text(command.reason, style="dim"),
        )
    return found


def heading(command: Command, now: datetime) -> Text:
    """Return a command in a few lines."""
    text = Text.assemble((f"command {command.id}", "bold"), f"  {command.event} on {command.instance}  ")
    text.append(command.status.value, style=_STYLE.get(command.status, "dim"))
    duration = taken(command.started, command.finished, now)
    text.append(f" {duration}" if duration else "")
    text.append(f"\n  {command.initiator.value}: {command.reason}", style="dim")
    for key, value in command.arguments.items():
        said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        text.append(f"\n  {key}: {said}", style="dim")
    if command.failure:
        text.append(f"\n  {command.failure}", style="red")
    return text


def log_table(lines: Sequence[LogLine], now: datetime) -> Table:
    """Return one row a task: when it ended, how, how long it took, what it changed or said."""
    found = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    found.add_column("ENDED", no_wrap=True)
    found.add_column("STATUS", no_wrap=True)
    found.add_column("TOOK", justify="right", no_wrap=True)
    found.add_column("TASK", ratio=1, overflow="fold")
    for line in lines:
        text = Text(task(line.task))
        if line.text:
            text.append(f"\n{line.text}", style="red" if line.status in ("failed", "unreachable") else "dim")
        style = _LINE_STYLE.get(line.status, "dim")
        found.add_row(clock(line.at, now), Text(line.status, style=style), f"{line.seconds:.1f}s", text)
    return found
