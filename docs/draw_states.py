"""Draws the table of instance states into docs/architecture.md, from the table that the code obeys.

draw_states.py          writes the drawing into the document
draw_states.py --check  exits with 1 if the document differs from it
"""

from __future__ import annotations

import sys
from pathlib import Path

from stackward.lifecycle.states import BETWEEN, FAILED, MEMBERS, TRANSITIONS, State

DOCUMENT = Path(__file__).resolve().parent / "architecture.md"
BEGIN = "<!-- states: written by docs/draw_states.py -->"
END = "<!-- end of states -->"

LEAVING = (State.STOPPING, State.TERMINATING, State.DEREGISTERING)
"""What most states may change to. Drawn as one arrow each from the frame around those states, not from each."""

MEANING = {
    State.STOPPED: "No machine runs. One that was made before is kept with its disk.",
    State.REQUESTED: "A run has claimed it to start it. The provider has not been asked.",
    State.PENDING: "The token of its machine is committed; the provider is asked.",
    State.BOOTING: "The provider has answered; SSH does not yet.",
    State.RUNNING_SETUP: "Setup runs, then Deploy of its apps.",
    State.ONLINE: "At work. Its peers know it.",
    State.SETUP_FAILED: "Setup or Deploy failed. The machine runs.",
    State.START_FAILED: "No machine could be had, or it did not answer over SSH.",
    State.REBOOTING: "The machine restarts; no event runs.",
    State.CONNECTION_LOST: "The machine did not come back from a reboot.",
    State.STOPPING: "It is taken out of its load balancers.",
    State.SHUTTING_DOWN: "Shutdown runs, then the machine stops or goes.",
    State.STOP_FAILED: "The machine could not be stopped or removed.",
    State.TERMINATING: "As stopping, before the machine is removed.",
    State.TERMINATED: "The machine and its disk are gone; its volumes stay. One that you own is let go.",
    State.REGISTERING: "A machine that you own: its host keys are pinned, and it learns to let the controller in.",
    State.REGISTERED: "A machine that you own lets the controller in, and takes no part. It may be running.",
    State.DEREGISTERING: "As stopping, before a machine that you own is let go, running.",
}


def drawing() -> str:
    """Return the diagram and the table, as Markdown."""
    return "\n".join([*_diagram(), "", *_table()]) + "\n"


def with_drawing(text: str) -> str:
    """Return the document's text with the drawing between its markers. Exits where the markers are missing."""
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{DOCUMENT} has no place for the drawing: the lines {BEGIN!r} and {END!r}.")
    return f"{before}{BEGIN}\n\n{drawing()}\n{END}{after}"


def _stoppable() -> list[State]:
    return [state for state in State if TRANSITIONS[state].issuperset(LEAVING)]


def _diagram() -> list[str]:
    framed = _stoppable()
    lines = [
        "```mermaid",
        "stateDiagram-v2",
        "    direction TB",
        "    [*] --> stopped",
        '    state "may be stopped, terminated or deregistered" as stoppable {',
    ]
    lines += [f"        {source.value} --> {target.value}" for source in framed for target in _drawn(source, framed)]
    lines += ["    }"]
    lines += [f"    stoppable --> {target.value}" for target in LEAVING]
    for source in State:
        inside = source in framed
        targets = [target for target in _drawn(source) if not inside or target not in framed]
        lines += [f"    {source.value} --> {target.value}" for target in targets]
    return [*lines, "```"]


def _drawn(source: State, among: list[State] | None = None) -> list[State]:
    """Return the states that follow, in the order of the states, without those that the frame's arrows lead to."""
    framed = TRANSITIONS[source].issuperset(LEAVING)
    return [
        target
        for target in State
        if target in TRANSITIONS[source] and (among is None or target in among) and not (framed and target in LEAVING)
    ]


def _table() -> list[str]:
    lines = ["| State | Meaning | May be followed by | |", "|---|---|---|---|"]
    for state in State:
        following = ", ".join(f"`{target.value}`" for target in State if target in TRANSITIONS[state])
        lines.append(f"| `{state.value}` | {MEANING[state]} | {following} | {_kind(state)} |")
    return lines


def _kind(state: State) -> str:
    kinds = (("member", MEMBERS), ("in between", BETWEEN), ("failed", FAILED))
    return ", ".join(name for name, states in kinds if state in states)


def main() -> int:
    """Write the drawing, or check it; the answer is the exit code."""
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    text = DOCUMENT.read_text(encoding="utf-8")
    drawn = with_drawing(text)
    if sys.argv[1:] == ["--check"]:
        return 0 if text == drawn else 1
    DOCUMENT.write_text(drawn, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
