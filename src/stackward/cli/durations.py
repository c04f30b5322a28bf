"""Durations on the command line."""

from __future__ import annotations

import typer


def seconds(text: str, option: str) -> float:
    """Return what the duration of an option means, in seconds, which may be written alone. Raises BadParameter."""
    from stackward.definition.mistake import Mistake
    from stackward.definition.values import positive_duration

    try:
        return positive_duration(int(text) if text.isdecimal() else text)
    except Mistake as mistake:
        raise typer.BadParameter(f"{option} {text}: {mistake.wrong}; {mistake.right}.") from None
