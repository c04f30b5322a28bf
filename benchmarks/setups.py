"""Setup of new hosts, and Setup of the same hosts once more."""

from __future__ import annotations

from benchmarks.configure import APPLICATION, prepare
from benchmarks.measuring import Cost, ratio
from benchmarks.project import LOCALHOST, project
from benchmarks.verdicts import Report, Verdict

HOSTS = 4
STACK = {
    "users": {"anna": {"sudo": True}},
    "layers": {
        "web": {
            "uses": "python_app",
            "healthcheck": None,
            "packages": ["imagemagick"],
            "ntp": True,
            "logrotate": {"app": {"path": "/var/log/app/*.log"}},
        },
        "static": {"uses": "static_web", "port": 8080},
    },
    "instances": {f"all[1:{HOSTS}]": {"layers": ["web", "static"]}},
    "apps": {"shop": {"layers": ["web"], "source": {"type": "directory", "path": "../shop"}}},
}


BARE = {"layers": {"web": {}, "static": {}}, "instances": STACK["instances"]}
"""The same hosts before anything is wanted of them."""


def measure(rounds: int) -> Report:
    """Set up bare hosts, and the same hosts once more; with hosts that are made anew each round."""
    costs: dict[str, list[Cost]] = {"first": [], "again": []}
    with project("bench-setups", BARE, {"shop/app.py": APPLICATION}, hosts=True) as made:
        for _ in range(rounds):
            made.write(BARE)
            prepare(made)
            made.write(STACK)
            for side in ("first", "again"):
                costs[side].append(made.play("stackward.ops.setup", made.file, LOCALHOST, batch="100%"))
            made.play("stackward.ops.terminate", made.file, LOCALHOST, instance=list(made.stack().instances))
    return Report(
        "setup",
        (Verdict("time of the first Setup of the same hosts", ratio(costs, "again", "first", "wall"), 0.2),),
        costs,
        (f"{HOSTS} hosts, all at once; each Setup with the Deploy and the Configure that follow",),
    )
