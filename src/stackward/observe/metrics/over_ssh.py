"""Vitals of instances, measured by a small program that is sent to them over SSH. Nothing is installed there."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from stackward.metrics.sample import Sample
from stackward.observe import over_ssh
from stackward.observe.metrics.base import Answer, Question
from stackward.observe.over_ssh import Errand

MEASURED = ("cpu", "memory", "load", "disk", "processes")

Run = Callable[[str, Mapping[str, Errand]], Mapping[str, tuple[int, str]]]
"""Runs a command on instances, by name; see `stackward.observe.over_ssh.run`."""


@cache
def program() -> str:
    """The program that is run on the instances: one text, shared with the module `stackward.ops.vitals`."""
    return Path(__file__).with_name("vitals.program").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class SshSource:
    """Measures the instances of some layers, None: of all, but for those that tell their vitals by themselves."""

    data: str
    name: str = "ssh"
    layers: tuple[str, ...] | None = None
    run: Run = over_ssh.run

    def ask(self, question: Question) -> Answer:
        """See `Source`."""
        targets = [
            target
            for target in question.targets
            if target.instance not in question.told and (self.layers is None or set(self.layers) & set(target.layers))
        ]
        errands = {
            target.instance: Errand(target.address, target.port, "python3 -", target.user, target.key, input=program())
            for target in targets
        }
        samples: list[Sample] = []
        failures: list[str] = []
        for instance, (code, said) in self.run(self.data, errands).items():
            vitals = _vitals(said) if code == 0 else None
            if vitals is None:
                failures.append(f"{instance}: {said}")
            samples += self._samples(instance, vitals or {}, question)
        return Answer(tuple(samples), failures=tuple(failures))

    def _samples(self, instance: str, vitals: Mapping[str, Any], question: Question) -> Iterator[Sample]:
        for metric in MEASURED:
            yield Sample(instance, metric, question.at, _number(vitals.get(metric)), self.name)


def _number(value: Any) -> float:
    """What an instance says of itself as a number, NaN where it is none."""
    try:
        return float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:
        return math.nan


def _vitals(said: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
