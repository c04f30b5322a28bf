"""A converge with nothing to do, against a run of Ansible that does nothing."""

from __future__ import annotations

from benchmarks.measuring import interleaved, ratio
from benchmarks.populating import put_online
from benchmarks.project import LOCALHOST, project
from benchmarks.verdicts import Report, Verdict

STACK = {
    "layers": {
        "lb": {"uses": "haproxy", "healthcheck": "/healthz"},
        "web": {"uses": "python_app", "healthcheck": "/healthz"},
        "db": {"uses": "postgresql", "volumes": [{"mount": "/var/lib/postgresql"}]},
    },
    "instances": {
        "lb1": {"layers": ["lb"]},
        "web[1:2]": {"layers": ["web"]},
        "db1": {"layers": ["db"]},
    },
    "apps": {
        "storefront": {"layers": ["web"], "source": {"type": "directory", "path": "../storefront"}, "database": "db"}
    },
}
EMPTY = """\
---
- name: Do nothing
  hosts: localhost
  gather_facts: false
  tasks: []
"""
FILES = {"storefront/app.py": "", "empty.yml": EMPTY}


def measure(rounds: int) -> Report:
    """Converge a stack that is as it should be."""
    with project("idle", STACK, FILES) as idle:
        with idle.store() as store:
            put_online(store, idle.stack())
        costs = interleaved(
            {
                "converge": lambda: idle.play("stackward.ops.converge", idle.file, LOCALHOST),
                "empty": lambda: idle.play("empty.yml", LOCALHOST),
            },
            rounds,
        )
    return Report(
        "idle converge",
        (Verdict("CPU of an empty run of Ansible", ratio(costs, "converge", "empty", "cpu"), 1.5),),
        costs,
    )
