"""What a source of measurements offers. Sources of your own in `plugins/metrics/` offer the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from stackward.metrics.alarm import Alarm
from stackward.metrics.sample import Sample


@dataclass(frozen=True, slots=True)
class Target:
    """An online instance: its layers, where and to whom it answers over SSH, its machine by the provider's name.

    `key` is the private key that it takes, None: the stack's own.
    """

    instance: str
    layers: tuple[str, ...]
    address: str
    port: int = 22
    machine: str | None = None
    user: str = "root"
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a source at a moment (UTC).

    `targets` are all online instances; those that are `told` have told their vitals by themselves just now. `metrics`
    are the layers' own metrics, by the layer that goes by them; `alarms` those that some layer names.
    """

    at: datetime
    targets: Sequence[Target]
    metrics: Mapping[str, Sequence[str]] = field(default_factory=dict)
    alarms: Sequence[str] = ()
    told: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source says: samples, alarms by name, and what it could not find out, in words.

    A value that is not there is left out, or a sample with NaN. An alarm that is not known is left out.
    """

    samples: tuple[Sample, ...] = ()
    alarms: Mapping[str, Alarm] = field(default_factory=dict)
    failures: tuple[str, ...] = ()


class Source(Protocol):
    """A source of measurements."""

    def ask(self, question: Question) -> Answer:
        """Measure, or look up what was measured. Takes half a minute at most, whoever is silent.

        Raises MetricsError where nothing at all can be said, with a sentence: what, where, what to do.
        """
        ...
