"""The vocabulary in which a layer says what an instance must be: plain data that one module on the host applies.

Resources are applied in order. Each names itself in results and errors through `name`. Every kind is idempotent.
`notify` lists services to restart or reload once, at the end, if the resource changed anything
("restart:nginx", "reload:haproxy"). `secret` keeps content, input and differences out of every result.

Each file here has the kinds that the collection's `module_utils/applying` applies in the file of that name, or in one
named after the kind.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from stackward.layers.resources.accounts import People, User
from stackward.layers.resources.answers import Answers, Listens, Succeeds
from stackward.layers.resources.commands import Run
from stackward.layers.resources.cron_jobs import CronJobs
from stackward.layers.resources.files import Absent, Block, Directory, File, Link
from stackward.layers.resources.kernel import KernelParameters
from stackward.layers.resources.packages import ChosenPackages, Packages, Updates
from stackward.layers.resources.releases import Release, Releases
from stackward.layers.resources.services import ChosenServices, Service, UnitBefore

__all__ = [
    "Absent",
    "Answers",
    "Block",
    "ChosenPackages",
    "ChosenServices",
    "CronJobs",
    "Directory",
    "File",
    "KernelParameters",
    "Link",
    "Listens",
    "Packages",
    "People",
    "Release",
    "Releases",
    "Resource",
    "Run",
    "Service",
    "Succeeds",
    "UnitBefore",
    "Updates",
    "User",
    "to_data",
]

Resource = (
    Packages
    | File
    | Block
    | Directory
    | Link
    | Absent
    | User
    | Service
    | Run
    | Release
    | Releases
    | Answers
    | People
    | Updates
    | ChosenPackages
    | ChosenServices
    | UnitBefore
    | CronJobs
    | KernelParameters
    | Listens
    | Succeeds
)


def to_data(resources: tuple[Resource, ...]) -> list[dict[str, Any]]:
    """Resources as the plain data that travels to the host."""
    return [{"kind": resource.kind, **asdict(resource)} for resource in resources]
