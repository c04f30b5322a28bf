"""What a command costs, and two sides measured in turn."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

WARDEN = Path(__file__).with_name("warden.py")


class MeasuringError(Exception):
    """What was to be measured failed; the message says how."""


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock, seconds of processor time of all processes, bytes of the largest process."""

    wall: float
    cpu: float
    memory: int
    printed: str = ""


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Cost:
    """Run a command to its end. Raises MeasuringError where it fails."""
    with tempfile.NamedTemporaryFile(suffix=".json") as result:
        done = subprocess.run(
            [sys.executable, str(WARDEN), result.name, *command],
            cwd=folder,
            env=dict(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise MeasuringError(f"{' '.join(command)} failed:\n{done.stdout[-4000:]}")
        return Cost(**json.loads(Path(result.name).read_text()), printed=done.stdout)


Rounds = dict[str, list[Cost]]


def interleaved(sides: Mapping[str, Callable[[], Cost]], rounds: int, *, rehearse: bool = True) -> Rounds:
    """Measure every side once a round, each round in the other direction. A rehearsal fills caches and is forgotten."""
    costs: Rounds = {name: [] for name in sides}
    order = list(sides)
    if rehearse:
        for name in order:
            sides[name]()
    for _ in range(rounds):
        for name in order:
            costs[name].append(sides[name]())
        order.reverse()
    return costs


def ratio(costs: Rounds, ours: str, theirs: str, what: str) -> float:
    """Return the median of each round's ratio, so that a machine that grows busy burdens both sides alike."""
    pairs = zip(costs[ours], costs[theirs], strict=True)
    return median(float(getattr(mine, what) / getattr(other, what)) for mine, other in pairs)
