"""What was found, beside what was wanted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.measuring import Rounds


@dataclass(frozen=True)
class Verdict:
    """One figure and the bound that it should keep."""

    what: str
    found: float
    bound: float
    at_least: bool = False
    unit: str = "×"

    @property
    def kept(self) -> bool:
        """Whether the figure keeps its bound."""
        return self.found >= self.bound if self.at_least else self.found <= self.bound

    @property
    def target(self) -> str:
        """The bound for a person."""
        return f"{'≥' if self.at_least else '≤'} {self.bound:g}{self.unit}"


@dataclass(frozen=True)
class Report:
    """All figures of one benchmark, with what was measured for them."""

    benchmark: str
    verdicts: tuple[Verdict, ...]
    costs: Rounds = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def table(reports: Iterable[Report]) -> str:
    """Return the figures as text, one a line."""
    rows = [("", "", "found", "target", "")]
    for report in reports:
        rows += [
            (
                report.benchmark,
                verdict.what,
                f"{verdict.found:.3g}{verdict.unit}",
                verdict.target,
                "pass" if verdict.kept else "MISS",
            )
            for verdict in report.verdicts
        ]
        rows += [(report.benchmark, note, "", "", "") for note in report.notes]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        f"{name:<{widths[0]}}  {what:<{widths[1]}}  {found:>{widths[2]}}  {target:>{widths[3]}}  {kept}".rstrip()
        for name, what, found, target, kept in rows
    )


def as_data(report: Report) -> dict[str, object]:
    """Return a report for the JSON file."""
    return {
        "benchmark": report.benchmark,
        "verdicts": [
            {
                "what": verdict.what,
                "found": verdict.found,
                "bound": verdict.bound,
                "at_least": verdict.at_least,
                "unit": verdict.unit,
                "kept": verdict.kept,
            }
            for verdict in report.verdicts
        ],
        "costs": {
            side: [{"wall": cost.wall, "cpu": cost.cpu, "memory": cost.memory} for cost in costs]
            for side, costs in report.costs.items()
        },
        "notes": list(report.notes),
    }
