"""The status screen that stays: it looks again each second and outlives a broken file or a locked state."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from stackward.cli.finding import find
from stackward.cli.opening import Known, read
from stackward.cli.output import console
from stackward.cli.status_data import StackStatus, status
from stackward.cli.status_screen import StatusScreen
from stackward.errors import StackwardError

_Versions = tuple[tuple[Path, int, int], ...]


def watch(stacks: Sequence[Known], given: list[Path] | None, only: str | None, seconds: float) -> None:
    """Show the status, anew every so many `seconds`, until Ctrl-C."""
    screen = console()
    known = tuple(stacks)
    inventory = find(given or (), Path.cwd())
    # A file that is wrong from the start is read again as well, for its mistakes to be on the screen.
    versions = () if any(item.mistakes for item in known) else _versions(inventory.files)
    shown: tuple[StackStatus, ...] = ()
    with Live(console=screen, auto_refresh=False, screen=screen.is_terminal, vertical_overflow="crop") as live:
        while True:
            trouble = ""
            now = datetime.now(UTC)
            try:
                if _versions(inventory.files) != versions:
                    known = _again(known, tuple(Known(stack) for stack in read(inventory, only)))
                    versions = _versions(inventory.files)
            except StackwardError as error:
                trouble = str(error)
            try:
                shown = tuple(status(item, now) for item in known)
            except StackwardError as error:
                trouble = str(error)
            live.update(_page(shown, now, trouble), refresh=True)
            time.sleep(seconds)


def _page(shown: tuple[StackStatus, ...], now: datetime, trouble: str) -> RenderableType:
    parts: list[RenderableType] = [StatusScreen(shown, now)]
    if trouble:
        parts.append(Text(trouble, style="red"))
    parts.append(Text(f"{now.astimezone():%H:%M:%S}, Ctrl-C ends", style="dim"))
    return Group(*parts)


def _versions(files: Sequence[Path]) -> _Versions:
    """Return what changes when a file is saved; a file that is gone for a moment has none."""
    found = []
    for file in files:
        if file.is_file():
            stat = file.stat()
            found.append((file, stat.st_mtime_ns, stat.st_size))
    return tuple(found)


def _again(before: Sequence[Known], after: tuple[Known, ...]) -> tuple[Known, ...]:
    for item in before:
        item.close()
    return after
