"""Commands that are run on a host."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A command, run unless `unless` succeeds (exit 0) or the path `creates` is there.

    With `unless_output`, `unless` must also print exactly that text. `input` goes to standard input.
    `timeout` in seconds.
    """

    kind: ClassVar[str] = "run"
    name: str
    command: tuple[str, ...]
    unless: tuple[str, ...] = ()
    unless_output: str | None = None
    creates: str | None = None
    input: str = ""
    user: str = "root"
    directory: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    timeout: float = 600.0
    secret: bool = False
    notify: tuple[str, ...] = ()
