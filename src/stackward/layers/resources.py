"""The vocabulary in which a layer says what an instance must be: plain data that one module on the host applies.

Resources are applied in order. Each names itself in results and errors through `name`. Every kind is idempotent.
`notify` lists services to restart or reload once, at the end, if the resource changed anything
("restart:nginx", "reload:haproxy"). `secret` keeps content, input and differences out of every result.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Packages:
    """Distribution packages that must be installed."""

    kind: ClassVar[str] = "packages"
    name: str
    packages: tuple[str, ...]
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file with exactly this content, replaced atomically. `validate` is a command with %s for the candidate."""

    kind: ClassVar[str] = "file"
    name: str
    path: str
    content: str
    owner: str = "root"
    group: str = "root"
    mode: str = "0644"
    validate: tuple[str, ...] = ()
    secret: bool = False
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some lines of a file that others write too. `marker` names them; the rest of the file is left alone.

    With `present` False there must be neither lines nor marks.
    """

    kind: ClassVar[str] = "block"
    name: str
    path: str
    marker: str
    content: str = ""
    present: bool = True
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """A directory with this owner and mode (its content is left alone)."""

    kind: ClassVar[str] = "directory"
    name: str
    path: str
    owner: str = "root"
    group: str = "root"
    mode: str = "0755"
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A symbolic link to `target`, switched atomically."""

    kind: ClassVar[str] = "link"
    name: str
    path: str
    target: str
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """A path that must not be there; directories go with what is in them, except volumes mounted below."""

    kind: ClassVar[str] = "absent"
    name: str
    path: str
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A system account."""

    kind: ClassVar[str] = "user"
    name: str
    user: str
    home: str
    shell: str = "/usr/sbin/nologin"
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A systemd unit that is enabled and running (or, with `running` False, disabled and stopped)."""

    kind: ClassVar[str] = "service"
    name: str
    unit: str
    running: bool = True
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A command, run unless `unless` succeeds (exit 0) or the path `creates` is there.

    With `unless_output`, `unless` must also print exactly that text. `input` goes to standard input.
    `timeout` in seconds.
    """

    kind: ClassVar[str] = "run"
    name: str
    command: tuple[str, ...]
    unless: tuple[str, ...] = ()
    unless_output: str | None = None
    creates: str | None = None
    input: str = ""
    user: str = "root"
    directory: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    timeout: float = 600.0
    secret: bool = False
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The code of one release, unpacked once into `path` from the archive that is shipped only when it is missing."""

    kind: ClassVar[str] = "release"
    name: str
    path: str
    archive: str
    """Absolute path of the archive on the controller."""
    owner: str
    group: str
    made_at: int | None = None
    """What every file and folder in it has as its time, in seconds since 1970; None for when it is unpacked.

    nginx and others make an ETag of it, which must be the same on all hosts.
    """
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Releases:
    """Keeps the newest `keep` folders of `path` and always those that the links in `protect` point to."""

    kind: ClassVar[str] = "releases"
    name: str
    path: str
    keep: int
    protect: tuple[str, ...]
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """An HTTP URL on the host that must answer with a status below 400 within `within` seconds.

    With `any_status` any answer will do. Waiting notifications are carried out first. `unit` names the systemd unit
    that has to answer, and whose last log lines explain a failure, `front` one that may listen in its place.
    """

    kind: ClassVar[str] = "answers"
    name: str
    url: str
    within: float = 30.0
    any_status: bool = False
    unit: str = ""
    front: str = ""
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The accounts of people, all of them: one that an earlier call made and that is not named any more is removed.

    An account that somebody else made is never touched; where one has a name or number that is wanted here, it fails.
    """

    kind: ClassVar[str] = "people"
    name: str
    people: tuple[dict[str, Any], ...]
    """Of each: `account`, `ssh_keys`, `uid` (or None), `shell`, `groups`, `comment`."""
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Updates:
    """All packages of the distribution as new as they can be. It warns where a reboot is needed for that."""

    kind: ClassVar[str] = "updates"
    name: str
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenPackages:
    """The packages that somebody chose, all of them.

    One that an earlier call installed, and that is not named here any more, is removed if nothing else needs it.
    """

    kind: ClassVar[str] = "chosen_packages"
    name: str
    packages: tuple[str, ...]
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenServices:
    """The systemd units of which somebody said whether they run, all of them.

    One that is not named any more becomes again what it was before an earlier call changed it.
    """

    kind: ClassVar[str] = "chosen_services"
    name: str
    services: dict[str, bool]
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitBefore:
    """How a systemd unit was before its package came, which is recorded while it is `needed`.

    Not needed any more, it becomes again what it was: stopped where it was not there.
    """

    kind: ClassVar[str] = "unit_before"
    name: str
    unit: str
    needed: bool
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CronJobs:
    """A table of cron with exactly these jobs after its `head`.

    A host is warned of those for an account that it does not have, and is left without them: cron would run none.
    """

    kind: ClassVar[str] = "cron_jobs"
    name: str
    path: str
    head: str
    jobs: tuple[dict[str, str], ...]
    """Of each: `name`, `user`, `text` as it stands in the table."""
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelParameters:
    """The kernel's parameters that are set, all of them, now and at each boot by the file at `path`.

    One that is not named any more gets back the value that it had before. A host that does not let a parameter be
    set, as containers do, is warned of.
    """

    kind: ClassVar[str] = "kernel_parameters"
    name: str
    path: str
    parameters: dict[str, str]
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listens:
    """A TCP port of the host on which something must listen within `within` seconds. Otherwise as `Answers`."""

    kind: ClassVar[str] = "listens"
    name: str
    port: int
    within: float = 30.0
    unit: str = ""
    front: str = ""
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeds:
    """A command, read by a shell, that must succeed within `within` seconds. Otherwise as `Answers`."""

    kind: ClassVar[str] = "succeeds"
    name: str
    command: str
    within: float = 30.0
    unit: str = ""
    notify: tuple[str, ...] = ()


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
