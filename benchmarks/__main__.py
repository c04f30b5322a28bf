"""`python -m benchmarks [--only NAME,…] [--quick]`: ratios, their targets, and whether they are met."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import (
    agent,
    batches,
    configure,
    deploys,
    describing,
    healing,
    idle_converge,
    intake,
    large_deploys,
    large_inventory,
    planning,
    scaling,
    setups,
    starting,
)
from benchmarks.measuring import MeasuringError
from benchmarks.verdicts import Report, as_data, table

RESULT = Path(__file__).with_name("latest.json")
ROUNDS, QUICK_ROUNDS = 5, 1


def benchmarks(rounds: int, *, quick: bool) -> dict[str, Callable[[], Report]]:
    """Return every benchmark by its name."""
    return {
        "planner": lambda: planning.measure(rounds),
        "scaling": lambda: scaling.measure(rounds),
        "converge": lambda: idle_converge.measure(rounds),
        "inventory": lambda: large_inventory.measure(min(rounds, 3), quick=quick),
        "describing": lambda: describing.measure(min(rounds, 3)),
        "start": lambda: starting.measure(min(rounds, 3)),
        "batch": lambda: batches.measure(min(rounds, 3)),
        "configure": lambda: configure.measure(rounds),
        "heal": lambda: healing.measure(min(rounds, 3)),
        "agent": agent.measure,
        "intake": lambda: intake.measure(min(rounds, 3)),
        "deploy": lambda: deploys.measure(min(rounds, 3)),
        "large-deploy": lambda: large_deploys.measure(min(rounds, 3)),
        "setup": lambda: setups.measure(min(rounds, 3)),
    }


def main() -> int:
    """Measure, print and write down. A missed target is a result; the exit code is 1 only where measuring failed."""
    names = list(benchmarks(1, quick=True))
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", metavar="NAME,…", help=f"some of {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="one round each, and a smaller inventory")
    arguments = parser.parse_args()
    chosen = arguments.only.split(",") if arguments.only else names
    if unknown := sorted(set(chosen) - set(names)):
        parser.error(f"there is no benchmark {', '.join(unknown)}; there is {', '.join(names)}")

    rounds = QUICK_ROUNDS if arguments.quick else ROUNDS
    known = benchmarks(rounds, quick=arguments.quick)
    reports, failures = [], {}
    for name in names:
        if name in chosen:
            print(f"{name} …", file=sys.stderr, flush=True)
            try:
                reports.append(known[name]())
            except MeasuringError as error:
                failures[name] = str(error)
                print(f"{name} could not be measured: {error}", file=sys.stderr, flush=True)
    print(table(reports))
    RESULT.write_text(
        json.dumps({**surroundings(), "reports": [*map(as_data, reports)], "failures": failures}, indent=1)
    )
    return 1 if failures else 0


def surroundings() -> dict[str, object]:
    """Return what the figures depend on."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "ansible-core": version("ansible-core"),
        "stackward": version("stackward"),
    }


if __name__ == "__main__":
    sys.exit(main())
