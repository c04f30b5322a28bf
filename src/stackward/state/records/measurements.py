"""What sources of metrics said last, and what scaling by load remembers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stackward.metrics.alarm import Alarm


@dataclass(frozen=True, slots=True)
class KnownAlarm:
    """An alarm as it was when its source was last asked, at `at`."""

    alarm: Alarm
    at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Collected:
    """When a source of metrics was last asked, and what went wrong ("" where nothing did)."""

    at: datetime
    failure: str = ""


@dataclass(frozen=True, slots=True)
class LoadMemory:
    """What scaling by load remembers of a layer: its windows, and what it last decided from what. Both plain data."""

    windows: Mapping[str, Any]
    evaluation: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One evaluation of a layer's load that did something, or held it back."""

    layer: str
    at: datetime
    data: Mapping[str, Any]
