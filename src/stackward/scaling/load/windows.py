"""What is remembered from one look to the next: all of it, so that a restart changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from stackward.metrics.alarm import Alarm
from stackward.scaling.load.conditions import Condition, Direction, Rules, Truth, truth_of
from stackward.scaling.load.frames import PERIOD, Frame, minute
from stackward.scaling.load.members import Fleet
from stackward.scaling.load.peak import Peak, peaks
from stackward.scaling.load.reading import Reading, counted, read

_STEP = PERIOD.total_seconds()
_TOLD = 86400.0

_FORGOTTEN = timedelta(days=1)
"""After so long without a look nothing that was seen before counts."""


@dataclass(frozen=True, slots=True)
class Window:
    """How long a condition has held (seconds), and for how long nothing has been known of it."""

    held: float = 0.0
    unknown: float = 0.0


EMPTY = Window()


@dataclass(frozen=True, slots=True)
class Windows:
    """The memory of a layer's scaling. Times are UTC.

    `seen` is the last frame that was looked at, with its `readings`; `held` has the window of each condition by name,
    `peaks` the most work lately by metric.
    `quiet_out` and `quiet_in` are when each direction may move again. `refused` is the last time when the provider had
    no capacity, `backoff` (seconds) and `backoff_until` what followed from it. `turns` are the reversals that count.
    """

    seen: datetime | None = None
    readings: Mapping[str, Reading] = field(default_factory=dict)
    held: Mapping[str, Window] = field(default_factory=dict)
    peaks: Mapping[str, Peak] = field(default_factory=dict)
    quiet_out: datetime | None = None
    quiet_in: datetime | None = None
    refused: datetime | None = None
    backoff: float = 0.0
    backoff_until: datetime | None = None
    direction: Direction | None = None
    turns: tuple[datetime, ...] = ()


def last_seen(windows: Windows, now: datetime) -> datetime | None:
    """The last frame that was looked at; None where it lies ahead, as the clock has been put back since."""
    return None if windows.seen is None or windows.seen - now > PERIOD else windows.seen


def by_clock(windows: Windows, rules: Rules, now: datetime) -> Windows:
    """Return the windows as they are where the clock has been put back: nothing was seen yet, no wait is longer."""
    if windows.seen is None or last_seen(windows, now) is not None:
        return windows
    return replace(
        windows,
        seen=None,
        readings={},
        held={},
        peaks={},
        quiet_out=_no_later(windows.quiet_out, now, rules.policy.up.wait),
        quiet_in=_no_later(windows.quiet_in, now, rules.policy.down.wait),
        refused=_no_later(windows.refused, now, 0.0),
        backoff_until=_no_later(windows.backoff_until, now, windows.backoff),
        turns=tuple(min(turn, now) for turn in windows.turns),
    )


def _no_later(moment: datetime | None, now: datetime, wait: float) -> datetime | None:
    return None if moment is None else min(moment, now + timedelta(seconds=wait))


def advanced(
    windows: Windows, rules: Rules, fleet: Fleet, frames: Iterable[Frame], alarms: Mapping[str, Alarm], now: datetime
) -> Windows:
    """Return the windows after frames, which are in order. One that is not later than the last is left out.

    A minute that is over and has no frame is one of which nothing is known.
    """
    if windows.seen is not None and now - windows.seen > _FORGOTTEN:
        windows = replace(windows, seen=None, readings={}, held={}, peaks={})
    for frame in frames:
        if windows.seen is None or frame.at > windows.seen:
            windows = _after(_filled(windows, rules, fleet, alarms, frame.at), rules, fleet, frame, alarms)
    return _filled(windows, rules, fleet, alarms, minute(now))


def _filled(windows: Windows, rules: Rules, fleet: Fleet, alarms: Mapping[str, Alarm], until: datetime) -> Windows:
    """Return the windows after the minutes before `until` that have no frame."""
    seen = windows.seen if windows.seen is not None else until - 2 * PERIOD
    while seen + PERIOD < until:
        seen += PERIOD
        windows = _after(windows, rules, fleet, Frame(seen, {}), alarms)
    return windows


def _after(windows: Windows, rules: Rules, fleet: Fleet, frame: Frame, alarms: Mapping[str, Alarm]) -> Windows:
    names, doubt = counted(fleet, frame.at, rules.warm_up)
    working = len(fleet.names)
    readings = {metric: read(metric, frame, names, working, doubt) for metric in rules.metrics}
    held = {}
    for condition in rules.all:
        truth = truth_of(condition, readings, alarms, frame.at)
        held[condition.name] = _lengthened(windows.held.get(condition.name, EMPTY), condition, truth)
    return replace(
        windows, seen=frame.at, readings=readings, held=held, peaks=peaks(windows.peaks, rules, readings, frame.at)
    )


def _lengthened(window: Window, condition: Condition, truth: Truth) -> Window:
    """Return a window after one more minute of this truth.

    What is unknown neither counts nor breaks the window, unless it lasts for longer than the window has to.
    """
    if truth is Truth.SO or (truth is Truth.NEAR and window.held):
        # Beyond what is asked for, the length is only worth telling up to a point.
        return Window(min(window.held + _STEP, max(condition.hold, _TOLD)))
    if truth is Truth.UNKNOWN and window.held and window.unknown + _STEP <= condition.hold:
        return Window(window.held, window.unknown + _STEP)
    return EMPTY


def without(windows: Windows, conditions: Iterable[Condition]) -> Mapping[str, Window]:
    """Return the windows with those of some conditions begun anew."""
    gone = {condition.name for condition in conditions}
    return {name: window for name, window in windows.held.items() if name not in gone}


def recent(turns: Iterable[datetime], now: datetime, within: float) -> tuple[datetime, ...]:
    """Return the reversals that still count: those of the last `within` seconds."""
    oldest = now - timedelta(seconds=within)
    return tuple(turn for turn in turns if turn > oldest)


def as_data(windows: Windows) -> dict[str, Any]:
    """Return the windows as plain data for the store."""
    moments = ("seen", "quiet_out", "quiet_in", "refused", "backoff_until")
    return {
        **{name: moment.isoformat() if (moment := getattr(windows, name)) else None for name in moments},
        "readings": [
            [each.metric, each.mean, each.reporting, each.working, each.doubt] for each in windows.readings.values()
        ],
        "held": {name: [window.held, window.unknown] for name, window in windows.held.items()},
        "peaks": {metric: [peak.begun.isoformat(), *peak.highest] for metric, peak in windows.peaks.items()},
        "backoff": windows.backoff,
        "direction": windows.direction.value if windows.direction else None,
        "turns": [turn.isoformat() for turn in windows.turns],
    }


def from_data(data: Mapping[str, Any]) -> Windows:
    """Return windows from plain data. What is missing there is as in the beginning."""
    moments = ("seen", "quiet_out", "quiet_in", "refused", "backoff_until")
    return Windows(
        **{name: datetime.fromisoformat(data[name]) if data.get(name) else None for name in moments},
        readings={each[0]: Reading(*each) for each in data.get("readings", ())},
        held={name: Window(*window) for name, window in data.get("held", {}).items()},
        peaks={
            metric: Peak(datetime.fromisoformat(begun), tuple(highest))
            for metric, (begun, *highest) in data.get("peaks", {}).items()
        },
        backoff=data.get("backoff", 0.0),
        direction=Direction(data["direction"]) if data.get("direction") else None,
        turns=tuple(datetime.fromisoformat(turn) for turn in data.get("turns", ())),
    )
