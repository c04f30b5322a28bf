"""What the service counts, in the text form that Prometheus reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

_HELP: Mapping[str, str] = {
    "stackward_heartbeats_total": "Heartbeats by what became of them.",
    "stackward_heartbeat_batches_total": "Transactions in which heartbeats were taken.",
    "stackward_looks_total": "Looks at what is due, by stack and playbook.",
    "stackward_looks_failed_total": "Looks that ended in an error, by stack and playbook.",
    "stackward_runs_total": "Runs of playbooks by stack, playbook and result.",
}

Labels = tuple[tuple[str, str], ...]


class Counts:
    """Numbers that only grow."""

    def __init__(self) -> None:
        self._found: Counter[tuple[str, Labels]] = Counter()

    def count(self, metric: str, number: int = 1, **labels: str) -> None:
        """Add to a metric of `_HELP` with these labels."""
        self._found[metric, tuple(sorted(labels.items()))] += number

    def of(self, metric: str, **labels: str) -> int:
        """How often it has been counted."""
        return self._found[metric, tuple(sorted(labels.items()))]

    def text(self) -> str:
        """Return everything as Prometheus reads it."""
        lines = []
        for metric, about in _HELP.items():
            lines += [f"# HELP {metric} {about}", f"# TYPE {metric} counter"]
            for (name, labels), number in sorted(self._found.items()):
                if name == metric:
                    lines.append(f"{metric}{_written(labels)} {number}")
        return "\n".join(lines) + "\n"


def _written(labels: Labels) -> str:
    if not labels:
        return ""
    plain = (f'{key}="{value}"' for key, value in labels)
    return "{" + ",".join(plain) + "}"
