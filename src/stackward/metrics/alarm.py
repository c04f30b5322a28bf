"""Alarms: somebody else's word that something is too much, or too little."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class AlarmState(Enum):
    """The state of an alarm (Amazon CloudWatch's names)."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm and since when it has been in its state."""

    state: AlarmState
    since: datetime
