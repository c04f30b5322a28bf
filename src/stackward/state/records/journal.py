"""One entry of the journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One append-only entry: what happened or was decided, by whom, why, with which inputs."""

    id: int
    at: datetime
    kind: str
    actor: str
    instance: str | None
    run: int | None
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)
