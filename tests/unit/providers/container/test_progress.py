from __future__ import annotations

import os
import select
import subprocess
import sys
import threading

import pytest

from stackward.errors import ProviderError
from stackward.providers.container.progress import follow


def test_lines_are_passed_on_as_they_come():
    lines: list[str] = []
    follow(["sh", "-c", "echo one; echo two >&2"], lines.append, to="count", timeout=30)
    assert lines == ["one", "two"]


def test_a_failure_says_the_last_thing_that_was_printed():
    with pytest.raises(ProviderError, match="sh could not unpack: no space left"):
        follow(["sh", "-c", "echo begun; echo error: no space left; exit 3"], lambda _: None, to="unpack", timeout=30)


def test_a_command_that_hangs_is_ended_with_all_its_children(monkeypatch):
    started: list[str] = []
    begun = threading.Event()

    class OnceItHasBegun(threading.Timer):
        def run(self) -> None:
            begun.wait()
            super().run()

    def begin(line: str) -> None:
        started.append(line)
        begun.set()

    monkeypatch.setattr(threading, "Timer", OnceItHasBegun)
    with pytest.raises(ProviderError, match="within 0 seconds"):
        follow(["sh", "-c", "tail -f /dev/null & echo $!; wait"], begin, to="end", timeout=0)
    assert ended(int(started[0]))


def test_an_interruption_ends_the_command_and_its_children():
    started: list[str] = []

    def interrupt(line: str) -> None:
        started.append(line)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        follow(["sh", "-c", "tail -f /dev/null & echo $!; wait"], interrupt, to="end", timeout=60)
    assert ended(int(started[0]))


PARENT = """
from stackward.providers.container.progress import follow
follow(["sh", "-c", "echo $$; exec tail -f /dev/null"], lambda line: print(line, flush=True), to="end", timeout=600)
"""


def test_a_killed_parent_takes_the_command_with_it():
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    child = int(parent.stdout.readline())
    watch = os.pidfd_open(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    try:
        assert becomes_readable(watch)
    finally:
        os.close(watch)


def ended(process: int) -> bool:
    """Whether a process is gone, or waits only for its parent to notice."""
    try:
        watch = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return becomes_readable(watch)
    finally:
        os.close(watch)


def becomes_readable(watch: int) -> bool:
    poll = select.poll()
    poll.register(watch, select.POLLIN)
    return bool(poll.poll(30_000))
