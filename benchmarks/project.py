"""A user's project in a folder of its own, and the commands that are measured there."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from benchmarks.measuring import Cost, run
from stackward import providers
from stackward.definition import loader
from stackward.definition.model import Stack
from stackward.state.store import Store, open_store

REPOSITORY = Path(__file__).resolve().parents[1]
LOCALHOST = REPOSITORY / "inventory" / "localhost.yml"
SETTINGS = REPOSITORY / "ansible.cfg"


@dataclass(frozen=True)
class Project:
    """A folder with one stack file; every command runs with the settings of the repository's ansible.cfg."""

    folder: Path
    name: str

    @property
    def file(self) -> Path:
        """The stack file."""
        return self.folder / "inventory" / f"{self.name}.stack.yml"

    def write(self, definition: Mapping[str, object]) -> None:
        """Write the stack file; plugin, name and provider are filled in."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        head = {"plugin": "stackward.ops.stack", "name": self.name, "provider": {"type": "container"}}
        self.file.write_text(yaml.safe_dump({**head, **definition}, sort_keys=False))

    def stack(self) -> Stack:
        """The stack file, read."""
        return loader.load(str(self.file), environment={})

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The stack's state."""
        Path(self.stack().data).mkdir(parents=True, exist_ok=True)
        with open_store(self.stack().state) as store:
            yield store

    def play(self, playbook: str, *inventories: Path, settings: Path = SETTINGS, **variables: object) -> Cost:
        """Weigh `ansible-playbook PLAYBOOK -i …`, with the stack file where no inventory is given.

        `settings` is the ansible.cfg that counts.
        """
        command = [program("ansible-playbook"), playbook]
        for inventory in inventories or (self.file,):
            command += ["-i", str(inventory)]
        if variables:
            command += ["-e", json.dumps(variables)]
        return run(command, self.folder, {**self.environment(), "ANSIBLE_CONFIG": str(settings)})

    def inventory(self, *options: str) -> Any:
        """Return what `ansible-inventory --list` prints, as data and as text."""
        cost = run(
            [program("ansible-inventory"), "-i", str(self.file), "--list", *options], self.folder, self.environment()
        )
        return json.loads(cost.printed), cost

    def environment(self) -> dict[str, str]:
        """The environment of every command: nothing of Ansible's, Stackward's or Python's but what is said here.

        Above all not PYTHONDONTWRITEBYTECODE: what is installed is compiled, and a checkout is after its first run.
        """
        ours = ("ANSIBLE_", "STACKWARD_", "PYTHON")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
        return {
            **kept,
            "ANSIBLE_CONFIG": str(SETTINGS),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.folder / "connections"),
        }

    def remove_hosts(self) -> None:
        """Take away the stack's hosts and network."""
        stack = self.stack()
        providers.load(stack.provider, stack=stack).remove_stack(self.name)


def program(name: str) -> str:
    """Return the path of a program of this Python environment."""
    return str(Path(sys.executable).parent / name)


@contextmanager
def project(
    name: str, definition: Mapping[str, object], files: Mapping[str, str] = MappingProxyType({}), *, hosts: bool = False
) -> Iterator[Project]:
    """A project with these files, removed at the end; with `hosts` also what it, or a killed run before, has made."""
    folder = Path(tempfile.mkdtemp(prefix="sw-"))
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    made = Project(folder, name)
    made.write(definition)
    try:
        if hosts:
            made.remove_hosts()
        yield made
    finally:
        if hosts:
            made.remove_hosts()
        shutil.rmtree(folder)
