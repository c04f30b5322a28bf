"""A built-in Configure that finds everything as it should be, against one `ping` and against ordinary tasks."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from benchmarks import ordinary_tasks
from benchmarks.measuring import Cost, MeasuringError, Rounds, interleaved, ratio
from benchmarks.project import LOCALHOST, Project, project
from benchmarks.verdicts import Report, Verdict
from stackward.engine import events
from stackward.layers.resources import Resource
from stackward.lifecycle.states import State

STACK = {
    "layers": {
        "lb": {"uses": "haproxy", "statistics": {"port": 8404}},
        "static": {"uses": "static_web", "port": 8080},
        "web": {"uses": "python_app", "healthcheck": None},
    },
    "instances": {"all[1:8]": {"layers": ["lb", "static", "web"]}},
    "apps": {
        "site": {"layers": ["static"], "source": {"type": "directory", "path": "../site"}, "domains": ["site.example"]},
        **{
            name: {
                "layers": ["web"],
                "source": {"type": "directory", "path": "../shop"},
                "domains": [f"{name}.example"],
            }
            for name in ("shop", "blog", "desk")
        },
    },
}
APPLICATION = """\
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]
"""
PING = """\
---
- name: Reach every instance
  hosts: all:!localhost
  gather_facts: false
  tasks:
    - name: Ping
      ansible.builtin.ping:
"""
LONG_ROUNDS = 2
"""Rounds of the side that takes long."""
FILES = {
    "site/index.html": "<p>ok\n",
    "shop/app.py": APPLICATION,
    "ping.yml": PING,
}


def measure(rounds: int) -> Report:
    """Configure eight real hosts again and again."""
    with project("bench-configure", STACK, FILES, hosts=True) as made:
        prepare(made)
        wanted = {name: compiled(made, name) for name in made.stack().instances}
        ordinary = ordinary_tasks.write(made.folder, wanted)
        both = (made.file, LOCALHOST)
        sides = {
            "configure": lambda: made.play("stackward.ops.configure", *both),
            "ping": lambda: made.play("ping.yml", *both),
            "ordinary tasks": lambda: made.play(str(ordinary), *both),
        }
        short = interleaved({name: sides[name] for name in ("configure", "ping")}, rounds)
        long = interleaved({name: sides[name] for name in ("configure", "ordinary tasks")}, min(rounds, LONG_ROUNDS))
        for costs in (short, long):
            check(costs, list(wanted))
    steps = sum(map(len, wanted.values()))
    return Report(
        "configure",
        (
            Verdict("time of one ping", ratio(short, "configure", "ping", "wall"), 1.3),
            Verdict("CPU of one ping", ratio(short, "configure", "ping", "cpu"), 1.3),
            *(
                Verdict(
                    f"{name} of the same as ordinary tasks, against ours",
                    ratio(long, "ordinary tasks", "configure", what),
                    10,
                    at_least=True,
                )
                for name, what in (("time", "wall"), ("CPU", "cpu"))
            ),
        ),
        {**short, "ordinary tasks": long["ordinary tasks"]},
        (f"{len(wanted)} hosts, {steps} resources to look at in all",),
    )


def prepare(made: Project) -> None:
    """Bring the eight instances online."""
    made.play("stackward.ops.start", made.file, LOCALHOST)
    with made.store() as store:
        states = {name: record.state for name, record in store.snapshot(made.name).instances.items()}
    if late := [name for name, state in states.items() if state is not State.ONLINE]:
        raise MeasuringError(f"{', '.join(late)} did not come online")


def compiled(made: Project, name: str) -> tuple[Resource, ...]:
    """Return what Configure ensures on an instance."""
    with made.store() as store:
        return events.look(
            store, made.stack(), name, "configure", {}, decrypt=str, now=lambda: datetime.now(UTC)
        ).resources


def check(costs: Rounds, hosts: list[str]) -> None:
    """Raise MeasuringError unless every measured run reached every host and changed nothing there."""
    for side, measured in costs.items():
        for cost in measured:
            if bad := [host for host in hosts if not unchanged(cost, host)]:
                raise MeasuringError(f"{side} changed, or did not reach, {', '.join(bad)}:\n{cost.printed[-3000:]}")


def unchanged(cost: Cost, host: str) -> bool:
    """Whether the recap of a run says that the host was reached and left as it was."""
    return re.search(rf"^{host} +: ok=[1-9]\d* +changed=0 +unreachable=0 +failed=0", cost.printed, re.M) is not None
