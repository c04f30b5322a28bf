"""An app: where its code is, how it is reached, and how it is deployed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from stackward.definition.model.checks import Check
from stackward.definition.model.recipes import Recipe
from stackward.definition.model.secrets import Secret


class SourceType(Enum):
    """Where an app's code comes from."""

    GIT = "git"
    DIRECTORY = "directory"
    ARCHIVE = "archive"
    S3 = "s3"


@dataclass(frozen=True, slots=True)
class Source:
    """Where an app's code is.

    `location` is the address of a Git repository or of an archive, the absolute path of a directory, or the key of an
    object in the S3 `bucket`. `deploy_key` is the absolute path of a private key. `checksum` is the SHA-256 of an
    archive, `folder` the one in it that holds the code, "" for the whole archive.
    """

    type: SourceType
    location: str
    revision: str | None = None
    deploy_key: str | None = None
    submodules: bool = True
    checksum: str | None = None
    folder: str = ""
    bucket: str = ""
    version: str | None = None
    region: str | None = None
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Tls:
    """How an app is reached over HTTPS.

    `certificate`, `key` and `chain` are PEM text or the absolute path of a file with it. Without a certificate, each
    load balancer makes one of its own. `redirect` says whether plain HTTP leads to HTTPS.
    """

    certificate: str | Secret | None = None
    key: str | Secret | None = field(default=None, repr=False)
    chain: str | Secret | None = None
    redirect: bool = True


@dataclass(frozen=True, slots=True)
class Batch:
    """How many instances of a layer are deployed to at a time: a number, or a part of 1, rounded down, at least one."""

    count: int | None = None
    share: float = 0.25


HOOKS = tuple(f"{when}_{step}" for step in ("drain", "release", "check", "serve") for when in ("before", "after"))
"""Where a deploy runs the user's own automation on each instance, in this order."""


@dataclass(frozen=True, slots=True)
class Deploying:
    """How an app is brought to its instances.

    `batches` are those of layers with a batch of their own, by layer. `health` must succeed on the instance within
    `within` seconds before it gets requests again; None leaves that to the layer. `migrate` is a command that runs
    once a deploy, on one instance. `hooks` are by their place, one of HOOKS.
    """

    batch: Batch = field(default_factory=Batch)
    batches: Mapping[str, Batch] = field(default_factory=dict)
    health: Check | None = None
    within: float = 30.0
    migrate: str | None = None
    hooks: Mapping[str, tuple[Recipe, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class App:
    """Code to run on the instances of some layers. `database` names a layer or a database of the stack."""

    name: str
    layers: tuple[str, ...]
    source: Source
    database: str | None = None
    domains: tuple[str, ...] = ()
    tls: Tls | None = None
    environment: Mapping[str, str | Secret] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    keep: int = 5
    deploy: Deploying = field(default_factory=Deploying)
