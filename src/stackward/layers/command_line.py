"""Commands as systemd reads them in a unit."""

from __future__ import annotations

import shlex
from typing import Annotated

from pydantic import AfterValidator, Field


def _splittable(text: str) -> str:
    try:
        words = shlex.split(text)
    except ValueError:
        raise ValueError("Write a command whose quotation marks are closed") from None
    if not words:
        raise ValueError("Write a command")
    return text


Command = Annotated[str, Field(pattern=r"^[^\n\r\x00]+$"), AfterValidator(_splittable)]
"""A command with its arguments, quoted as for a shell; no shell reads it."""

Arguments = Annotated[str, Field(pattern=r"^[^\n\r\x00]*$"), AfterValidator(lambda text: text and _splittable(text))]
"""Arguments of a command, quoted as for a shell."""


def for_systemd(command: str) -> str:
    """Return a command, quoted as for a shell, in the quotes of systemd, which expands nothing in it."""
    return " ".join(_quoted(word) for word in shlex.split(command))


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'
