"""What became of the instances of a run, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from stackward.cli.outcome import InstanceOutcome, failing
from stackward.cli.status_screen import state_text
from stackward.lifecycle.states import BETWEEN


def table(outcomes: Sequence[InstanceOutcome]) -> Table:
    """Return one row an instance: its state now, and the commands that ran on it."""
    failed = {(item.stack, item.name) for item in failing(outcomes)}
    between = {state.value for state in BETWEEN}
    found = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    found.add_column(no_wrap=True)
    found.add_column(no_wrap=True)
    found.add_column(no_wrap=True)
    found.add_column(ratio=1, overflow="fold")
    for item in outcomes:
        verdict, style = "ok", "green"
        if (item.stack, item.name) in failed:
            verdict, style = "failed", "bold red"
        elif item.state in between or not all(command.status.finished for command in item.commands):
            verdict, style = "begun", "yellow"
        ran = ", ".join(f"{command.event} {command.status.value}" for command in item.commands)
        found.add_row(
            Text(verdict, style=style),
            Text(item.name, style="bold"),
            state_text(item.state),
            Text(ran, style="dim"),
        )
    return found
