"""A run on a terminal while it lasts: which instances it moves, how far each is, and for how long."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from stackward.cli.moments import span
from stackward.cli.outcome import Witness, Working
from stackward.cli.output_file import OutputFile, said_of
from stackward.cli.status_screen import state_text
from stackward.cli.turn import task
from stackward.errors import StateError

_SECONDS = 0.5
"""Between two looks at the state, at least; looking takes a tenth of the time at most."""

_NOTHING = ": nothing to do"

_BESIDE = 6
"""Lines of the screen that the table leaves free."""


class Progress:
    """Shows a run; `look` is called again and again while it lasts."""

    def __init__(self, screen: Console, kind: str, witnesses: Sequence[Witness], output: OutputFile) -> None:
        self._screen = screen
        self._kind = kind
        self._witnesses = witnesses
        self._output = output
        self._began = time.monotonic()
        self._next = 0.0
        self._working: tuple[Working, ...] = ()
        self._trouble = ""
        self._said: set[str] = set()
        self._spinner = Spinner("dots")
        self._live = Live(console=screen, refresh_per_second=8, transient=True, get_renderable=self._page)

    def __enter__(self) -> Progress:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def look(self, process: int) -> None:
        """Look at the run's output and, now and then, at the state."""
        for line in said_of([witness.known.stack.name for witness in self._witnesses], self._output.new()):
            self._say(line)
        before = time.monotonic()
        if before < self._next:
            return
        try:
            self._working = tuple(item for witness in self._witnesses for item in witness.look(process))
            self._trouble = ""
        except StateError as error:
            self._trouble = str(error)
        after = time.monotonic()
        self._next = after + max(_SECONDS, 10 * (after - before))

    def _say(self, line: str) -> None:
        """Show a line once; a later look of the engine finds nothing to do, which is no news."""
        if line not in self._said and not (self._said and _NOTHING in line):
            self._said.add(line)
            self._screen.print(Text(line), soft_wrap=True)

    def _page(self) -> RenderableType:
        self._spinner.update(text=Text(f"{self._kind}  {span(time.monotonic() - self._began)}", style="bold"))
        parts: list[RenderableType] = [self._spinner]
        if self._working:
            parts.append(self._table())
        if self._trouble:
            parts.append(Text(self._trouble, style="red"))
        return Group(*parts)

    def _table(self) -> Table:
        now = datetime.now(UTC)
        room = max(3, self._screen.height - _BESIDE)
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(ratio=1)
        ordered = sorted(self._working, key=lambda item: item.claim is None)
        for item in ordered[:room]:
            claim = item.claim
            table.add_row(
                Text(f"  {item.name}"),
                state_text(item.state.value),
                span(now - claim.since) if claim else "",
                _line(task(claim.doing)) if claim else _line(item.failure, "red"),
            )
        if len(ordered) > room:
            table.add_row(Text(f"  and {len(ordered) - room} more", style="dim"))
        return table


def _line(text: str, style: str = "") -> Text:
    """Return a text that is cut to one line."""
    return Text(" ".join(text.split()), style=style, no_wrap=True, overflow="ellipsis")
