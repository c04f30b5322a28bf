"""A long command whose output is shown line by line, and which never outlives the one who started it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from stackward.errors import ProviderError
from stackward.providers.container.errors import first_complaint

_REMEMBERED = 40


def follow(
    command: Sequence[str],
    say: Callable[[str], None],
    *,
    to: str,
    timeout: float,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run `command`, passing each line that it prints to `say`. `to` completes "could not …", `timeout` is in seconds.

    Raises ProviderError when it fails or takes too long. However this ends, no process of the command is left.
    """
    remembered: deque[str] = deque(maxlen=_REMEMBERED)
    # Not even a killed parent leaves the command running: the kernel tells it.
    bound = ("setpriv", "--pdeathsig", "TERM") if shutil.which("setpriv") else ()
    with subprocess.Popen(
        (*bound, *command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env=environment,
        text=True,
        errors="replace",
    ) as process:
        late = threading.Event()

        def give_up() -> None:
            late.set()
            _kill(process.pid)

        timer = threading.Timer(timeout, give_up)
        timer.start()
        try:
            for line in process.stdout or ():
                remembered.append(line.rstrip())
                say(line.rstrip())
            process.wait()
        except BaseException:
            _kill(process.pid)
            raise
        finally:
            timer.cancel()
    if late.is_set():
        raise ProviderError(f"{command[0]} could not {to} within {timeout:.0f} seconds.")
    if process.returncode:
        raise ProviderError(f"{command[0]} could not {to}: {first_complaint(chr(10).join(remembered))}.")


def _kill(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return
