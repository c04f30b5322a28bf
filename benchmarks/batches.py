"""Twenty operations that find everything as it should be: as one batch, and as the same twenty tasks."""

from __future__ import annotations

from typing import Any

import yaml

from benchmarks.configure import check, prepare
from benchmarks.measuring import interleaved, ratio
from benchmarks.project import LOCALHOST, REPOSITORY, project
from benchmarks.verdicts import Report, Verdict

NAME = "reports"
FOLDER = f"/srv/{NAME}"
TEMPLATES = ("site.conf", "rotation", "peers", "unit", "settings")
CALLS: tuple[dict[str, Any], ...] = (
    {"ansible.builtin.apt": {"name": ["cron", "git", "curl", "sudo", "procps"]}},
    {"ansible.builtin.group": {"name": NAME}},
    {"ansible.builtin.user": {"name": NAME, "group": NAME, "shell": "/bin/bash"}},
    {"ansible.builtin.file": {"path": f"/etc/{NAME}", "state": "directory", "mode": "0755"}},
    {"ansible.builtin.file": {"path": f"{FOLDER}/shared", "state": "directory", "owner": NAME, "mode": "0755"}},
    {"ansible.builtin.file": {"path": f"{FOLDER}/releases/1", "state": "directory", "owner": NAME, "mode": "0755"}},
    {"ansible.builtin.file": {"src": f"{FOLDER}/releases/1", "dest": f"{FOLDER}/current", "state": "link"}},
    *(
        {"ansible.builtin.template": {"src": "page.j2", "dest": f"/etc/{NAME}/{name}", "mode": "0644"}}
        for name in TEMPLATES
    ),
    {"ansible.builtin.copy": {"src": "check.sh", "dest": f"/usr/local/bin/{NAME}-check", "mode": "0755"}},
    {"ansible.builtin.copy": {"content": "kept\n" * 400, "dest": f"/etc/{NAME}/blob", "mode": "0644"}},
    {
        "ansible.builtin.lineinfile": {
            "path": f"/etc/{NAME}/limits",
            "line": f"{NAME} soft nofile 65536",
            "create": True,
        }
    },
    {"ansible.builtin.service": {"name": "cron", "state": "started", "enabled": True}},
    {"ansible.builtin.service": {"name": "ssh", "state": "started"}},
    {"ansible.builtin.cron": {"name": "check", "minute": "*/5", "job": f"/usr/local/bin/{NAME}-check"}},
    {"ansible.builtin.cron": {"name": "tidy", "minute": "0", "hour": "3", "job": "find /tmp -mtime +7 -delete"}},
    {"ansible.builtin.command": f"/usr/local/bin/{NAME}-check", "changed_when": False},
)
PAGE = "# {{ inventory_hostname }}\n{% for number in range(40) %}\nline {{ number }} of {{ name }}\n{% endfor %}\n"
HOSTS = 8
STACK = {"layers": {"work": {}}, "instances": {f"all[1:{HOSTS}]": {"layers": ["work"]}}}
DEFAULTS = f"[defaults]\ncollections_path = {REPOSITORY / 'collections'}\n"
"""Ansible's own settings, which cannot know where the collection is."""


def measure(rounds: int) -> Report:
    """Apply the same to eight real hosts again and again."""
    files = {"templates/page.j2": PAGE, "files/check.sh": "#!/bin/sh\ntrue\n", "ansible.cfg": DEFAULTS}
    with project("bench-batches", STACK, files, hosts=True) as made:
        prepare(made)
        batch = [{"name": "All", "stackward.ops.batch": {"calls": list(CALLS)}}]
        tasks = [{"name": f"Operation {place}", **call} for place, call in enumerate(CALLS, 1)]
        for name, items, facts in (("batch", batch, False), ("tasks", tasks, False), ("defaults", tasks, True)):
            play = {"hosts": "all:!localhost", "gather_facts": facts, "vars": {"name": NAME}, "tasks": items}
            (made.folder / f"{name}.yml").write_text(yaml.safe_dump([play], sort_keys=False))
        both = (made.file, LOCALHOST)
        sides = {
            "batch": lambda: made.play("batch.yml", *both),
            "tasks": lambda: made.play("tasks.yml", *both),
            "tasks by default": lambda: made.play("defaults.yml", *both, settings=made.folder / "ansible.cfg"),
        }
        # All sides want the same, so one of them makes everything as it should be for the others too.
        sides["batch"]()
        costs = interleaved(sides, rounds, rehearse=False)
        check(costs, list(made.stack().instances))
    return Report(
        "batch",
        tuple(
            Verdict(f"{word} of {them}, against ours", ratio(costs, side, "batch", what), bound, at_least=True)
            for side, them, bounds in (
                ("tasks by default", "the same as tasks with Ansible's own settings", (6, 8)),
                ("tasks", "the same as tasks with pipelining and without facts", (4, 4)),
            )
            for (word, what), bound in zip((("time", "wall"), ("CPU", "cpu")), bounds, strict=True)
        ),
        costs,
        (f"{HOSTS} hosts, {len(CALLS)} operations",),
    )
