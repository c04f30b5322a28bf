"""A user's project in a folder of its own, with real hosts behind it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from stackward import providers
from stackward.definition import loader
from stackward.definition.model import Stack
from stackward.state.records import StackState
from stackward.state.store import Store, open_store
from tests.stack_ownership import owned_stack

REPOSITORY = Path(__file__).parents[2]
PATIENCE = 600
"""Seconds after which a wait for something that must happen gives up, far above what it takes."""


@dataclass
class Project:
    """A folder with one stack file, and the commands that a user types there."""

    folder: Path
    name: str
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def file(self) -> Path:
        return self.folder / "inventory" / f"{self.name}.stack.yml"

    def write(self, definition: dict[str, object]) -> None:
        """Write the stack file; plugin, name and provider are filled in."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        head = {"plugin": "stackward.ops.stack", "name": self.name, "provider": {"type": "container"}}
        self.file.write_text(yaml.safe_dump({**head, **definition}, sort_keys=False))

    def recipe(self, name: str, tasks: list[dict[str, object]]) -> dict[str, str]:
        """Write a task file, and return it as the stack file names it."""
        path = self.folder / "recipes" / f"{name}.yml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(tasks, sort_keys=False))
        return {"tasks": f"recipes/{name}.yml"}

    def stack(self) -> Stack:
        return loader.load(str(self.file), environment={})

    def store(self) -> Store:
        return open_store(self.stack().state)

    def state(self) -> StackState:
        return self.store().snapshot(self.name)

    def states(self) -> dict[str, str]:
        return {name: record.state.value for name, record in self.state().instances.items()}

    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "STACKWARD_"))}
        return {**kept, "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / "collections"), "ANSIBLE_NOCOLOR": "1"}

    def begin(self, playbook: str, *options: str, **variables: object) -> subprocess.Popen[str]:
        """Type `ansible-playbook stackward.ops.PLAYBOOK -i FILE -e …` and do not wait for its end."""
        command = [sys.executable, "-m", "ansible", "playbook", f"stackward.ops.{playbook}", "-i", str(self.file)]
        command += [*options, "-e", json.dumps(variables)]
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def play(self, playbook: str, *options: str, succeeds: bool | None = True, **variables: object) -> str:
        """Type it, wait for its end, and return what it printed."""
        process = self.begin(playbook, *options, **variables)
        try:
            printed, _ = process.communicate(timeout=PATIENCE * 2)
        except subprocess.TimeoutExpired:
            states = self.states()
            raise AssertionError(f"{playbook} has not ended; {states}\n{self.kill(process)}") from None
        # pytest shows it where the test fails.
        print(printed)
        if succeeds is not None:
            assert (process.returncode == 0) is succeeds, printed
        assert "Traceback" not in printed, printed
        return printed

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Type `stackward ARGUMENTS`."""
        done = subprocess.run(
            [str(Path(sys.executable).parent / "stackward"), *arguments, "-i", str(self.file)],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        print(f"stackward {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def wait(self, until: Callable[[], bool], what: str, by: subprocess.Popen[str] | None = None) -> None:
        """Look again and again until it is so; once more after the end of the command by which it is to come."""
        deadline = time.monotonic() + PATIENCE / 2
        while True:
            ended = by is not None and by.poll() is not None
            if until():
                return
            assert not ended, f"in vain: {what}; {self.states()}\n{by.communicate()[0]}"
            assert time.monotonic() < deadline, f"in vain: {what}; {self.states()}\n{self.told()}"
            time.sleep(0.05)

    def told(self) -> str:
        """The newest entries of the journal, for a test that fails."""
        entries = self.store().journal(self.name, limit=15)
        return "\n".join(f"{entry.at:%H:%M:%S} {entry.kind} {entry.instance or ''}: {entry.text}" for entry in entries)

    def kill(self, process: subprocess.Popen[str], number: int = signal.SIGKILL) -> str:
        """End a command with all of its children, and return what it had printed."""
        os.killpg(process.pid, number)
        printed, _ = process.communicate(timeout=PATIENCE)
        return printed

    def interrupt(self, process: subprocess.Popen[str]) -> str:
        """Press Ctrl-C, and once more where that does not help, and return what had been printed."""
        # A worker of Ansible that is killed while it hands over its result leaves its parent waiting for a lock.
        os.killpg(process.pid, signal.SIGINT)
        try:
            printed, _ = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            return self.kill(process, signal.SIGINT)
        return printed

    def on(self, instance: str, *command: str, check: bool = True) -> str:
        """Run a command on an instance, through the container engine and not through what is being tested."""
        done = subprocess.run(
            [*engine(), "exec", f"stackward-{self.name}-{instance}", *command],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0 or not check, (
            f"{instance}: {' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        )
        return done.stdout

    def machines(self) -> list[str]:
        """The instances that have a machine, as the engine lists them; one line for each machine."""
        listed = subprocess.run(
            [*engine(), "ps", "--all", "--filter", f"label=stackward.stack={self.name}", "--format", "{{.Names}}"],
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        )
        return sorted(name.removeprefix(f"stackward-{self.name}-") for name in listed.stdout.split())

    def remove(self) -> None:
        """Take everything away again."""
        for process in self.processes:
            if process.poll() is None:
                self.kill(process)
        stack = self.stack()
        providers.load(stack.provider, stack=stack).remove_stack(self.name)


def engine() -> list[str]:
    """The container engine's command."""
    for name in ("podman", "docker"):
        if found := shutil.which(name):
            return [found]
    raise AssertionError("these tests need Podman or Docker: apt-get install -y podman runc")


@contextmanager
def project(folder: Path, name: str) -> Iterator[Project]:
    """A project that is removed at the end, its hosts with it."""
    made = Project(folder, name)
    with owned_stack(name):
        try:
            yield made
        finally:
            made.remove()
