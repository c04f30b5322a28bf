"""Draws the comparison of ways to scale by load into docs/scaling.md, from simulations that it runs.

draw_comparison.py          writes the table into the document
draw_comparison.py --check  exits with 1 if the document differs from it
draw_comparison.py --print  only prints it
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from stackward.simulator.load.comparison import PAIRS, Row, rows, worse

DOCUMENT = Path(__file__).resolve().parent / "scaling.md"
BEGIN = "<!-- comparison: written by docs/draw_comparison.py -->"
END = "<!-- end of comparison -->"


def drawing(found: Sequence[Row]) -> str:
    """Return the table and where Stackward is not better, as Markdown."""
    return "\n".join([*_table(found), "", *_worse(found)]) + "\n"


def with_drawing(text: str, found: Sequence[Row]) -> str:
    """Return the document's text with the table between its markers. Exits where the markers are missing."""
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{DOCUMENT} has no place for the table: the lines {BEGIN!r} and {END!r}.")
    return f"{before}{BEGIN}\n\n{drawing(found)}\n{END}{after}"


def _table(found: Sequence[Row]) -> Iterator[str]:
    names = [name for pair in PAIRS for name in pair]
    yield f"| Load | | {' | '.join(names)} |"
    yield f"|---|---|{'--:|' * len(names)}"
    before = ""
    for row in found:
        shown = f"`{row.demand}`" if row.demand != before else ""
        yield f"| {shown} | {row.figure} | {' | '.join(f'{row.values[name]:,.0f}' for name in names)} |"
        before = row.demand


def _worse(found: Sequence[Row]) -> Iterator[str]:
    marked = list(worse(found))
    for other, own in PAIRS:
        by_figure: dict[str, list[str]] = {}
        for against, row in marked:
            if against == other:
                more = 100 * (row.values[own] / row.values[other] - 1)
                by_figure.setdefault(row.figure, []).append(f"`{row.demand}` (+{more:.1f} %)")
        listed = "; ".join(f"{figure} with {', '.join(loads)}" for figure, loads in by_figure.items())
        yield f"- Stackward needs more than {other}: {listed or 'nowhere'}."


def main() -> int:
    """Write the table, print it, or check it; the answer is the exit code."""
    if sys.argv[1:] not in ([], ["--check"], ["--print"]):
        sys.exit(__doc__)
    found = rows()
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(drawing(found))
        return 0
    text = DOCUMENT.read_text(encoding="utf-8")
    drawn = with_drawing(text, found)
    if sys.argv[1:] == ["--check"]:
        return 0 if text == drawn else 1
    DOCUMENT.write_text(drawn, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
