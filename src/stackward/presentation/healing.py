"""What healing decides, in words."""

from __future__ import annotations

from stackward.definition.model import Stack
from stackward.healing.decide import Decision
from stackward.healing.verdict import Health


def healing_lines(stack: Stack, decision: Decision, *, only_look: bool = False) -> tuple[str, ...]:
    """One line for each instance that is not well, for each remedy, and for each that is withheld.

    Where healing only looks, it says of every instance how it is.
    """
    lines = [
        f"{stack.name}: {name}: {found.health.value} ({found.reason})"
        for name, found in decision.verdicts.items()
        if only_look or found.health is not Health.WELL
    ]
    if only_look:
        return tuple(lines)
    lines += [f"{stack.name}: {item.instance}: heal: {item.reason}" for item in decision.heals]
    lines += [
        f"{stack.name}: {item.instance}: heal: withheld"
        f"{f' until {item.until:%Y-%m-%d %H:%M:%S} UTC' if item.until else ''}: {item.reason}"
        for item in decision.withheld
    ]
    return tuple(lines)
