"""Reads the facts that detection decides from: a few files of the kernel and one question to the engine."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stackward.errors import ProviderError
from stackward.providers.container.detection import (
    INOTIFY_WANTED,
    ControlGroups,
    Facts,
    few_inotify_instances,
)
from stackward.providers.container.engine import Engine, EngineName
from stackward.providers.container.errors import service_does_not_answer

_INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
_RESOURCE_CAPABILITY = 24
_CNI_BRIDGE = ("/usr/lib/cni/bridge", "/opt/cni/bin/bridge", "/usr/libexec/cni/bridge")


def observe(engine: Engine) -> Facts:
    """The facts of this machine and engine. Raises ProviderError when the engine does not answer."""
    form = "json" if engine.name is EngineName.PODMAN else "{{json .}}"
    answer = engine.run("info", "--format", form, to="describe itself")
    try:
        described = json.loads(answer)
    except ValueError as error:
        raise ProviderError(f"{engine.name.value} info did not answer with JSON: {answer[:200]!r}.") from error
    machine: dict[str, Any] = {
        "control_groups": control_groups(Path("/proc/self/mountinfo").read_text(encoding="utf-8")),
        "installed": _installed(),
        "root": os.geteuid() == 0,
        "may_raise_limits": may_raise_limits(Path("/proc/self/status").read_text(encoding="utf-8")),
        "open_files": resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        "processes": resource.getrlimit(resource.RLIMIT_NPROC)[1],
        "app_armor": _text("/sys/module/apparmor/parameters/enabled").startswith("Y"),
        "inotify_instances": int(text) if (text := _text(str(_INOTIFY))).isdigit() else None,
    }
    described_facts = podman_facts if engine.name is EngineName.PODMAN else docker_facts
    return Facts(**{**machine, **described_facts(described, os.environ)})


def podman_facts(described: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """What `podman info` says, as fields of Facts."""
    host = described["host"]
    remote = bool(host.get("serviceIsRemote")) or "CONTAINER_HOST" in environment
    return {
        "engine": EngineName.PODMAN,
        "version": version(described.get("version", {}).get("Version", "")),
        "runtime": host.get("ociRuntime", {}).get("name", ""),
        "rootless": bool(host.get("security", {}).get("rootless")),
        "container_networks": host.get("networkBackend", ""),
        "local": not remote,
    }


def docker_facts(described: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """What `docker info` says, as fields of Facts. Raises EngineUnavailableError when only the client answered."""
    if problems := described.get("ServerErrors"):
        raise service_does_not_answer("docker", str(problems[0]).rstrip("."))
    unix = environment.get("DOCKER_HOST", "unix://").startswith("unix://")
    facts = {
        "engine": EngineName.DOCKER,
        "version": version(described.get("ServerVersion", "")),
        "runtime": described.get("DefaultRuntime", ""),
        "rootless": any("rootless" in option for option in described.get("SecurityOptions") or ()),
        "local": unix and "Docker Desktop" not in described.get("OperatingSystem", ""),
    }
    if described.get("CgroupVersion") == "2":
        facts["control_groups"] = ControlGroups.UNIFIED
    return facts


def control_groups(mounts: str) -> ControlGroups:
    """How control groups are mounted, from the text of /proc/self/mountinfo."""
    kinds = {}
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        if right:
            kinds[left.split()[4]] = right.split()[0]
    if kinds.get("/sys/fs/cgroup") == "cgroup2":
        return ControlGroups.UNIFIED
    return ControlGroups.HYBRID if "cgroup2" in kinds.values() else ControlGroups.LEGACY


def may_raise_limits(status: str) -> bool:
    """Whether CAP_SYS_RESOURCE is in the bounding set, from the text of /proc/self/status."""
    found = re.search(r"^CapBnd:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return found is None or bool(int(found[1], 16) >> _RESOURCE_CAPABILITY & 1)


def version(text: str) -> tuple[int, ...]:
    """The leading numbers of a version: (28, 2, 2) of "28.2.2-ce"."""
    found = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def allow_many_hosts(facts: Facts, say: Callable[[str], None], setting: Path = _INOTIFY) -> None:
    """Raise the kernel's inotify limit where it is too low for many hosts, or say how to."""
    if not few_inotify_instances(facts):
        return
    try:
        setting.write_text(f"{INOTIFY_WANTED}\n", encoding="ascii")
    except OSError:
        say(
            f"At most about {(facts.inotify_instances or 0) // 6} hosts will boot on this machine. "
            f"Allow more: sudo sysctl -w fs.inotify.max_user_instances={INOTIFY_WANTED}"
        )
        return
    say(
        f"Raised fs.inotify.max_user_instances from {facts.inotify_instances} to {INOTIFY_WANTED}, "
        "until the next boot: each host needs several."
    )


def _installed() -> frozenset[str]:
    places = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
    found = {program for program in ("runc", "crun", "iptables") if shutil.which(program, path=places)}
    if any(Path(plugin).exists() for plugin in _CNI_BRIDGE):
        found.add("cni-bridge")
    return frozenset(found)


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return ""
