"""What hosts have without a recipe: people, packages, services, scheduled jobs and settings of the system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account on hosts. `uid` None leaves the number to each host."""

    name: str
    ssh_keys: tuple[str, ...] = ()
    sudo: bool = False
    uid: int | None = None
    shell: str | None = None
    groups: tuple[str, ...] = ()
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class CronJob:
    """A command at times of the cron expression `at`, on every online instance of the layer or on one of them."""

    name: str
    at: str
    job: str
    user: str = "root"
    on_one: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """A soft and a hard limit of pam_limits, each as it is written there."""

    domain: str
    item: str
    soft: str
    hard: str


@dataclass(frozen=True, slots=True)
class LogRotation:
    """Log files that are rotated: how often, how many old ones stay, and what is done afterwards."""

    name: str
    paths: tuple[str, ...]
    every: str = "weekly"
    keep: int = 4
    largest: str | None = None
    compress: bool = True
    afterwards: str | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the instances of a layer have without a recipe.

    With `update_at_boot` Setup installs all updates of the distribution first.
    `services` says of units whether they run. `time_servers` is None where the clock is left alone, and empty for the
    servers of the distribution.
    """

    people: Mapping[str, Person] = field(default_factory=dict)
    packages: tuple[str, ...] = ()
    update_at_boot: bool = False
    services: Mapping[str, bool] = field(default_factory=dict)
    cron: tuple[CronJob, ...] = ()
    time_servers: tuple[str, ...] | None = None
    sysctl: Mapping[str, str] = field(default_factory=dict)
    limits: tuple[Limit, ...] = ()
    logrotate: tuple[LogRotation, ...] = ()
