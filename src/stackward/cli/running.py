"""Runs ansible-playbook in the foreground: its output goes to a file, Ctrl-C goes to it, and we wait for its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from stackward.errors import StackwardError

_KEPT = 200
"""Files of output that are kept in a stack's data folder."""

_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GRACE = 60.0
"""Seconds that an interrupted run may take to end. A task killed at the wrong moment leaves Ansible waiting for it."""
_TICK = 0.1
"""Seconds between two looks at the process."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: ansible-playbook's exit code, whether it was told to stop, how long it took in seconds."""

    code: int
    stopped: bool
    seconds: float


def ansible_playbook() -> str:
    """Return the program that belongs to this Python. Raises StackwardError where it is not installed."""
    for folder in dict.fromkeys((Path(sys.executable).parent, Path(sysconfig.get_path("scripts")))):
        program = folder / "ansible-playbook"
        if os.access(program, os.X_OK):
            return str(program)
    raise StackwardError(
        f"There is no ansible-playbook beside {sys.executable}. Install it there: pip install ansible-core"
    )


def log_file(folder: Path, name: str) -> Path:
    """Return a new empty file in the folder that only its owner reads; the oldest beyond 200 are removed.

    Raises StackwardError where it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in sorted(folder.glob("*.log"))[: -_KEPT + 1]:
            old.unlink(missing_ok=True)
        path = folder / f"{name}.log"
        number = 1
        while True:
            try:
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            except FileExistsError:
                number += 1
                path = folder / f"{name}-{number}.log"
            else:
                return path
    except OSError as error:
        raise StackwardError(
            f"The output of the run cannot be kept in {folder}: {error.strerror or error}. "
            "This user needs write access to it, and the disk some space."
        ) from error


def run(command: Sequence[str], environment: Mapping[str, str], log: Path, look: Callable[[int], None]) -> Outcome:
    """Run the command with its output in `log`, and call `look` with its process number again and again.

    The command writes to the file by itself, so it goes on to its end whatever becomes of this process. SIGINT, SIGTERM
    and SIGHUP are passed on: the first as an interrupt, any further one as a termination. What does not end a minute
    after an interrupt is terminated without being asked again.
    """
    began = time.monotonic()
    with log.open("ab", buffering=0) as output:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
    with _passing_on(process) as received:
        while process.poll() is None:
            look(process.pid)
            if len(received) == 1 and time.monotonic() - received[0] > _GRACE:
                os.kill(os.getpid(), signal.SIGTERM)
            try:
                process.wait(_TICK)
            except subprocess.TimeoutExpired:
                continue
        look(process.pid)
    return Outcome(process.returncode, bool(received), time.monotonic() - began)


def run_interactively(command: Sequence[str], environment: Mapping[str, str]) -> Outcome:
    """Run the command on this terminal, where it may ask for passwords; Ctrl-C reaches it without our help."""
    began = time.monotonic()
    process = subprocess.Popen(command, env=dict(environment))
    stopped = False
    while True:
        try:
            process.wait()
        except KeyboardInterrupt:
            stopped = True
        else:
            return Outcome(process.returncode, stopped, time.monotonic() - began)


@contextmanager
def _passing_on(process: subprocess.Popen[bytes]) -> Iterator[list[float]]:
    """Yield the moments at which signals came."""
    received: list[float] = []

    def forward(_number: int, _frame: FrameType | None) -> None:
        received.append(time.monotonic())
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT if len(received) == 1 else signal.SIGTERM)

    before = {number: signal.signal(number, forward) for number in _FORWARDED}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
