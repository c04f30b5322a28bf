"""Which flags this machine and engine need, decided from observed facts alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from stackward.providers.container.engine import EngineName


class ControlGroups(Enum):
    """How the kernel's control groups are mounted."""

    UNIFIED = "v2"
    HYBRID = "v1 with v2 beside it"
    LEGACY = "v1"


@dataclass(frozen=True, slots=True)
class Facts:
    """What was seen of the machine and its engine. `open_files` and `processes` are this process's hard limits.

    `local` is False when the engine runs somewhere else or inside a virtual machine.
    `inotify_instances` is the kernel's limit per user, None where it cannot be read.
    """

    engine: EngineName
    version: tuple[int, ...]
    control_groups: ControlGroups
    runtime: str = ""
    installed: frozenset[str] = frozenset()
    rootless: bool = False
    local: bool = True
    root: bool = True
    may_raise_limits: bool = True
    open_files: int = 1048576
    processes: int = 65536
    app_armor: bool = False
    container_networks: str = ""
    inotify_instances: int | None = None


@dataclass(frozen=True, slots=True)
class Flags:
    """What to pass to the engine before its subcommand and when it creates a host."""

    engine: tuple[str, ...]
    create: tuple[str, ...]
    publish: bool
    """Whether hosts cannot be reached by their own address, so that SSH needs a port of this machine."""


INOTIFY_ENOUGH = 1024
INOTIFY_WANTED = 8192
_MOST_OPEN_FILES = 4096
_MOST_PROCESSES = 4096
_WRITABLE_CONTROL_GROUPS_SINCE = 28


def decide(facts: Facts) -> Flags:
    """The flags that make a container a host here, and none that this machine can do without."""
    podman = facts.engine is EngineName.PODMAN
    flags = ("--runtime", "runc") if needs_runc(facts) and facts.runtime != "runc" else ()
    create = [*(("--systemd=always",) if podman else _docker(facts))]
    create += ["--stop-signal", "SIGRTMIN+3", "--cap-add", "SYS_ADMIN", "--cap-add", "SYS_BOOT"]
    if facts.app_armor:
        # The engines' profiles forbid mounting, which systemd does for every service with a private view of the disk.
        create += ["--security-opt", "apparmor=unconfined"]
    if facts.local and facts.root and not facts.may_raise_limits:
        # The engines' own limits are above what this process may set; one limit given replaces all, so both are given.
        create += ["--ulimit", _limit("nofile", facts.open_files, _MOST_OPEN_FILES)]
        create += ["--ulimit", _limit("nproc", facts.processes, _MOST_PROCESSES)]
    return Flags(flags, tuple(create), publish=facts.rootless or not facts.local)


def needs_runc(facts: Facts) -> bool:
    """Whether Podman's default runtime cannot start anything: crun refuses control groups of both versions at once."""
    return (
        facts.engine is EngineName.PODMAN
        and facts.local
        and facts.control_groups is ControlGroups.HYBRID
        and facts.runtime in ("", "crun", "runc")
    )


def missing_packages(facts: Facts) -> tuple[str, ...]:
    """Debian packages without which hosts cannot be started here."""
    wanted = []
    if needs_runc(facts) and "runc" not in facts.installed:
        wanted.append("runc")
    if facts.container_networks == "cni" and facts.local:
        if "cni-bridge" not in facts.installed:
            wanted.append("containernetworking-plugins")
        if "iptables" not in facts.installed:
            wanted.append("iptables")
    return tuple(wanted)


def few_inotify_instances(facts: Facts) -> bool:
    """Whether about twenty hosts would use up what the kernel allows, after which further ones hang while booting."""
    return facts.local and facts.inotify_instances is not None and facts.inotify_instances < INOTIFY_ENOUGH


def _docker(facts: Facts) -> tuple[str, ...]:
    writable = ("/run", "/run/lock", "/tmp:exec")  # noqa: S108
    flags = tuple(part for folder in writable for part in ("--tmpfs", folder))
    flags += ("--env", "container=docker", "--cgroupns", "private")
    if facts.control_groups is not ControlGroups.UNIFIED:
        return flags
    if facts.version >= (_WRITABLE_CONTROL_GROUPS_SINCE,):
        return (*flags, "--security-opt", "writable-cgroups=true")
    return (*flags, "--privileged")


def _limit(name: str, hard: int, most: int) -> str:
    value = most if hard < 0 else min(hard, most)
    return f"{name}={value}:{value}"
