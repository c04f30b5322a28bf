"""Starts runs of playbooks, each with a folder of its own, and ends them when the service ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from stackward.errors import StackwardError

PLAYBOOK = "stackward.ops.converge"
"""The playbook that moves; what is to be moved has been asked for before."""

KEPT = 100
"""Folders of runs that are kept of a stack."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to carry out of a stack, and whatever its Ansible is given. `kind` is what the run is called.

    `instances` are those that may move, None: any.
    """

    stack: str
    kind: str
    instances: Sequence[str] | None
    inventory: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    """Where the folders of the stack's runs are."""
    grace: float
    """Seconds in which it may end by itself when it is asked to."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: its exit code, and where its output is."""

    code: int
    output: Path

    def closing(self) -> str:
        """Return what says why it failed, in a line."""
        try:
            lines = self.output.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        sentences = [line for line in lines if "[ERROR]" in line]
        # What Ansible has for programs, where it has no sentence.
        told = sentences or [line for line in lines if "fatal:" in line] or [line for line in lines if line.strip()]
        return (told or [""])[-1].strip()[:300]


class Player:
    """Runs playbooks beside each other."""

    def __init__(self) -> None:
        self._running: set[asyncio.subprocess.Process] = set()
        self._beginning: set[asyncio.Future[None]] = set()
        self._ended = False

    async def play(self, order: Order) -> Ended:
        """Run one to its end. Raises StackwardError where it cannot be started."""
        if self._ended:
            raise StackwardError(f"No run of {order.kind} begins any more, as the service ends.")
        folder = _new_folder(order)
        which = {} if order.instances is None else {"instance": list(order.instances)}
        given = {
            "folder": str(folder),
            "playbook": PLAYBOOK,
            "inventory": list(order.inventory),
            "variables": {"stack": order.stack, "stackward_kind": order.kind, **which},
            "environment": {**order.environment, "PATH": _path(order.environment)},
            "grace": order.grace,
        }
        process = await self._begun(order.kind)
        try:
            await process.communicate(json.dumps(given).encode())
            code = await process.wait()
        finally:
            self._running.discard(process)
        return Ended(code, folder / "artifacts" / "run" / "stdout")

    async def _begun(self, kind: str) -> asyncio.subprocess.Process:
        begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._beginning.add(begun)
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "stackward.controller.play"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
            self._running.add(process)
        except OSError as error:
            raise StackwardError(f"No run of {kind} can be started: {error}.") from error
        finally:
            self._beginning.discard(begun)
            begun.set_result(None)
        return process

    async def end(self, grace: float) -> None:
        """Ask every run to end, and kill what has not within the time of grace. None begins any more."""
        self._ended = True
        if self._beginning:
            await asyncio.wait(self._beginning)
        running = tuple(self._running)
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        if running:
            # The run kills by itself what does not end in time; a bit later it is killed itself.
            await asyncio.wait([asyncio.ensure_future(process.wait()) for process in running], timeout=grace + 10)
        for process in running:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def _path(environment: Mapping[str, str]) -> str:
    """Where ansible-runner looks for ansible-playbook: first where it belongs to this Python."""
    folders = (str(Path(sys.executable).parent), sysconfig.get_path("scripts"))
    return os.pathsep.join(dict.fromkeys((*folders, environment.get("PATH", os.defpath))))


def _new_folder(order: Order) -> Path:
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{order.kind}-{secrets.token_hex(3)}"
    try:
        order.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for old in sorted(order.folder.iterdir())[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)
        folder = order.folder / name
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise StackwardError(f"A run cannot keep its output in {order.folder}: {error.strerror or error}.") from error
    return folder
