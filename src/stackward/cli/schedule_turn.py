"""What the schedule of an instance does next, as whose move it is. Pure functions."""

from __future__ import annotations

from datetime import datetime, timedelta

from stackward.lifecycle.states import Desired
from stackward.scaling.combine import Decision
from stackward.scaling.schedule.local_time import zone
from stackward.scaling.time_based import Outlook

_VERB = {
    Desired.ONLINE: "start",
    Desired.STOPPED: "stop",
    Desired.TERMINATED: "terminate",
    Desired.REGISTERED: "register",
}
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_NEAR = timedelta(days=6)
"""Up to here a weekday says which day is meant."""


def next_by_schedule(outlook: Outlook, decision: Decision, now: datetime) -> str | None:
    """What the schedule does next with an instance; None where only a person brings it on."""
    name = outlook.instance
    for item in decision.withheld:
        if item.instance == name:
            if item.until is None:
                return None
            return f"tries to {_VERB[item.desired]} it again {_when(item.until, outlook, now)} — {item.reason}"
    for wish in decision.asks:
        if wish.instance == name:
            return f"scale {_VERB[wish.desired]}s it: {wish.reason}"
    if outlook.stands is not None:
        until = "" if outlook.changes is None else f" until {_when(outlook.changes, outlook, now)}"
        return f"{_VERB[outlook.stands.desired]} by {outlook.stands.actor} holds{until}"
    if outlook.changes is None:
        return outlook.reason
    verb = "stops" if outlook.desired is Desired.ONLINE else "starts"
    return f"{verb} {_when(outlook.changes, outlook, now)}"


def _when(moment: datetime, outlook: Outlook, now: datetime) -> str:
    local = moment.astimezone(zone(outlook.timezone))
    day = _WEEKDAYS[local.weekday()]
    if moment - now > _NEAR:
        day += f" {local:%Y-%m-%d}"
    return f"{local:%H:%M} {day} ({outlook.timezone})"
