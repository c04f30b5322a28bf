"""A project with a stack file, a state that tells a story, and a way to run the command line in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

import pytest
from typer.testing import CliRunner

from stackward.cli.main import app
from stackward.definition.loader import load
from stackward.definition.model import Stack
from stackward.state.store import Store, open_store
from tests.unit.cli.story import tell

STACK = """\
plugin: stackward.ops.stack
name: shop
provider: {type: container, image: debian-12}
attributes: {motd: Shop}
layers:
  lb:
    uses: haproxy
  web:
    recipes: {setup: [hardening]}
  db: {}
instances:
  lb1: {layers: [lb], elastic_ip: true}
  "web[1:3]": {layers: [web]}
  db1: {layers: [db, web]}
apps:
  storefront:
    layers: [web]
    source: {type: git, url: "https://git.example.com/storefront.git"}
    environment: {LANGUAGE: de}
"""


@dataclass(frozen=True)
class Ran:
    """What a command wrote, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with one stack file; the tests run in it."""
    folder = tmp_path / "project"
    (folder / "inventory").mkdir(parents=True)
    (folder / "roles" / "hardening").mkdir(parents=True)
    (folder / "ansible.cfg").write_text("[defaults]\ninventory = ./inventory\n")
    (folder / "inventory" / "shop.stack.yml").write_text(STACK)
    monkeypatch.chdir(folder)
    for variable in ("STACKWARD_INVENTORY", "STACKWARD_STATE", "ANSIBLE_CONFIG", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    return folder


@pytest.fixture
def stackward(project: Path) -> Callable[..., Ran]:
    """Run the command line with these arguments, on a screen of 80 columns unless told otherwise."""

    def run(*arguments: str, columns: int = 80) -> Ran:
        result = CliRunner(env={"COLUMNS": str(columns)}).invoke(app, list(arguments))
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def stack(project: Path) -> Stack:
    return load(str(project / "inventory" / "shop.stack.yml"), environment={})


@pytest.fixture
def store(stack: Stack) -> Iterator[Store]:
    """The stack's state, made here and still without anything in it."""
    with open_store(stack.state) as opened:
        yield opened


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a state in which the story has been told."""
    file = tmp_path_factory.mktemp("story") / "state.db"
    with open_store(f"sqlite:///{file}") as opened:
        tell(opened)
    return file


@pytest.fixture
def told(story: Path, stack: Stack) -> Iterator[Store]:
    """The stack's state after the story that `tell` tells."""
    file = Path(stack.state.removeprefix("sqlite:///"))
    file.parent.mkdir(parents=True)
    copyfile(story, file)
    with open_store(stack.state) as opened:
        yield opened
