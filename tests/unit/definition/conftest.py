"""A valid stack file, built-in layers that do not change with Stackward's own, and a reader of mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from stackward.definition.built_in import Listener, Mention
from stackward.definition.loader import load_text
from stackward.definition.model import Stack
from stackward.definition.role_places import RolePlaces
from stackward.errors import DefinitionError

VALID = """\
plugin: stackward.ops.stack
name: shop
provider: {type: container, image: debian-12}
attributes: {motd: Shop}
layers:
  lb:
    uses: balancer
    healthcheck: /healthz
  web:
    uses: server
    recipes:
      setup: [hardening]
  db:
    uses: database
    volumes: [{mount: /var/lib/db, size: 20G}]
instances:
  lb1: {layers: [lb], elastic_ip: true}
  "web[1:2]": {layers: [web]}
  db1: {layers: [db]}
apps:
  storefront:
    layers: [web]
    source: {type: git, url: "https://git.example.com/storefront.git"}
    database: db
    domains: [shop.example.com]
    environment:
      LANGUAGE: de
    deploy: {keep: 3}
"""


class Page(BaseModel):
    model_config = ConfigDict(extra="forbid")
    port: int = Field(default=8404, ge=1, le=65535)


class BalancerSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    healthcheck: str = Field(default="/", pattern="^/")
    balance: Literal["roundrobin", "leastconn"] = "roundrobin"
    statistics: Page | None = None


class ServerSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    port: int = 8000
    shared: tuple[str, ...] = ()


class DatabaseSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Kind:
    name: str
    settings: type[BaseModel]
    runs_apps: bool = False
    provides_database: bool = False
    balances: bool = False
    alone: bool = False
    by_domain: bool = False
    variables: frozenset[str] = frozenset()

    def listeners(self, *_: object) -> tuple[Listener, ...]:
        return ()

    def mentions(self, _settings: object) -> tuple[Mention, ...]:
        return ()


BUILT_IN = {
    kind.name: kind
    for kind in (
        Kind("balancer", BalancerSettings, balances=True),
        Kind("server", ServerSettings, runs_apps=True),
        Kind("database", DatabaseSettings, provides_database=True),
    )
}

Load = Callable[..., Stack]
Problems = Callable[..., list[str]]


@pytest.fixture
def valid() -> str:
    """The text of a valid stack file."""
    return VALID


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The folder of a project whose stack files are in inventory/."""
    (tmp_path / "inventory").mkdir()
    return tmp_path


@pytest.fixture
def load_stack(project: Path) -> Load:
    """Load a text as inventory/shop.stack.yml of the project."""

    def load(text: str, environment: Mapping[str, str] | None = None, roles: RolePlaces | None = None) -> Stack:
        path = str(project / "inventory" / "shop.stack.yml")
        return load_text(text, path, environment=environment or {}, roles=roles, built_in=BUILT_IN)

    return load


@pytest.fixture
def problems_of(load_stack: Load, project: Path) -> Problems:
    """The mistakes of a text, each without the folder in front of it."""

    def problems(text: str, environment: Mapping[str, str] | None = None) -> list[str]:
        with pytest.raises(DefinitionError) as refusal:
            load_stack(text, environment)
        folder = str(project / "inventory")
        assert all(problem.startswith(f"{folder}/shop.stack.yml:") for problem in refusal.value.problems)
        return [problem.removeprefix(f"{folder}/shop.stack.yml:") for problem in refusal.value.problems]

    return problems
