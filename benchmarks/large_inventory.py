"""A play on one of very many instances, against the same inventory as a static JSON file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.measuring import MeasuringError, interleaved, ratio
from benchmarks.populating import put_online
from benchmarks.project import LOCALHOST, Project, project
from benchmarks.verdicts import Report, Verdict

MANY, FEW = 10_000, 1_000
PLAY = """\
---
- name: Look at one of many
  hosts: web{number}
  gather_facts: false
  tasks:
    - name: Say its address
      ansible.builtin.debug:
        var: ansible_host
"""


def measure(rounds: int, *, quick: bool) -> Report:
    """Start a play on one instance of a large stack."""
    count = FEW if quick else MANY
    stack = {
        "layers": {"web": {}, "lb": {"uses": "haproxy"}},
        "instances": {"lb1": {"layers": ["lb"]}, f"web[1:{count}]": {"layers": ["web"]}},
        "apps": {"site": {"layers": ["web"], "source": {"type": "directory", "path": "../site"}}},
    }
    files = {"site/index.html": "", "play.yml": PLAY.format(number=count // 2)}
    with project("fleet", stack, files) as fleet:
        with fleet.store() as store:
            put_online(store, fleet.stack())
        static = written_out(fleet)
        costs = interleaved(
            {
                "stack file": lambda: fleet.play("play.yml", fleet.file, LOCALHOST),
                "static JSON": lambda: fleet.play("play.yml", static, LOCALHOST),
            },
            rounds,
        )
    return Report(
        "inventory",
        (
            Verdict(
                f"CPU of a static JSON file, {count:,} instances", ratio(costs, "stack file", "static JSON", "cpu"), 0.5
            ),
            Verdict("peak memory of the same", ratio(costs, "stack file", "static JSON", "memory"), 1.0),
        ),
        costs,
        ("every string of ansible-inventory --list is plain",),
    )


def written_out(fleet: Project) -> Path:
    """Write what the inventory says of every host as a static file. Raises MeasuringError for strings with marks."""
    listed, cost = fleet.inventory("--export")
    if "__ansible" in cost.printed:
        raise MeasuringError("ansible-inventory --list marks strings in place of printing them plainly")
    path = fleet.folder / "static.json"
    path.write_text(json.dumps(static(listed)))
    return path


def static(listed: dict[str, Any]) -> dict[str, Any]:
    """Return the answer of an inventory script in the form of a static inventory."""
    variables = listed.pop("_meta")["hostvars"]
    whole = listed.pop("all")
    children = {
        name: {
            "hosts": {host: {} for host in group.get("hosts", ())},
            "vars": group.get("vars", {}),
            "children": {child: {} for child in group.get("children", ())},
        }
        for name, group in listed.items()
    }
    return {"all": {"vars": whole.get("vars", {}), "hosts": variables, "children": children}}
