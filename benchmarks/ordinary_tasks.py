"""What a built-in Configure ensures, written as a playbook of ordinary tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from stackward.layers.resources import (
    Absent,
    Block,
    ChosenPackages,
    ChosenServices,
    Directory,
    File,
    KernelParameters,
    People,
    Resource,
    Service,
    UnitBefore,
)

CONTENT = "{{ inventory_hostname }}"
"""The folder of a host's files, beside the playbook."""


def write(folder: Path, wanted: Mapping[str, Sequence[Resource]]) -> Path:
    """Write a playbook that makes each host what its resources say, and the files that it takes. Returns its path."""
    tasks: dict[tuple[str, str], dict[str, Any]] = {}
    hosts: dict[tuple[str, str], list[str]] = {}
    for host, resources in wanted.items():
        for resource in resources:
            if isinstance(resource, WITHOUT_A_TASK):
                continue
            key = (resource.kind, resource.name)
            tasks.setdefault(key, task(resource))
            hosts.setdefault(key, []).append(host)
            if isinstance(resource, File | Block):
                path = folder / host / file_name(resource)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(resource.content)
    playbook = folder / "ordinary.yml"
    playbook.write_text(yaml.safe_dump(plays(tasks, hosts), sort_keys=False))
    return playbook


def plays(
    tasks: Mapping[tuple[str, str], dict[str, Any]], hosts: Mapping[tuple[str, str], list[str]]
) -> list[dict[str, Any]]:
    """Return one play for each set of hosts that share tasks, in the order of the tasks."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for key, item in tasks.items():
        play = found.setdefault(
            tuple(hosts[key]),
            {"name": f"Configure {len(hosts[key])} hosts", "hosts": hosts[key], "gather_facts": False, "tasks": []},
        )
        play["tasks"].append(item)
    return list(found.values())


def task(resource: Resource) -> dict[str, Any]:
    """Return the ordinary task for a resource."""
    return {"name": resource.name[0].upper() + resource.name[1:], **TASKS[type(resource)](resource)}


def file_name(resource: File | Block) -> str:
    """Return the name of the file that holds a resource's content."""
    return resource.path.strip("/").replace("/", "-")


def _file(resource: File) -> dict[str, Any]:
    arguments = {
        "src": f"{CONTENT}/{file_name(resource)}",
        "dest": resource.path,
        "owner": resource.owner,
        "group": resource.group,
        "mode": resource.mode,
    }
    if resource.validate:
        arguments["validate"] = " ".join(resource.validate)
    return {"ansible.builtin.template": arguments, "no_log": resource.secret}


def _block(resource: Block) -> dict[str, Any]:
    return {
        "ansible.builtin.blockinfile": {
            "path": resource.path,
            "marker": "# {mark} of the ordinary tasks",
            "block": f"{{{{ lookup('ansible.builtin.file', inventory_hostname + '/{file_name(resource)}') }}}}",
        }
    }


def _directory(resource: Directory) -> dict[str, Any]:
    arguments = {"path": resource.path, "state": "directory", "owner": resource.owner, "group": resource.group}
    return {"ansible.builtin.file": {**arguments, "mode": resource.mode}}


def _service(resource: Service) -> dict[str, Any]:
    return {"ansible.builtin.systemd_service": {"name": resource.unit, "state": "started", "enabled": True}}


def _absent(resource: Absent) -> dict[str, Any]:
    return {"ansible.builtin.file": {"path": resource.path, "state": "absent"}}


WITHOUT_A_TASK = (People, ChosenPackages, ChosenServices, KernelParameters, UnitBefore)
"""What has nothing to do in the measured stack and would be no task."""

TASKS: Mapping[type, Callable[[Any], dict[str, Any]]] = {
    File: _file,
    Block: _block,
    Directory: _directory,
    Service: _service,
    Absent: _absent,
}
