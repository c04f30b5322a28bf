"""From what sources of decisions want to what is asked for: nothing twice, and nothing too soon after a failure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from stackward.lifecycle.states import BETWEEN, RESTING, Desired, Initiator, State
from stackward.scaling.past import NOTHING, Past
from stackward.scaling.time_based import Outlook
from stackward.state.records import InstanceRecord, Maintenance, StackState

FIRST_RETRY = timedelta(minutes=5)
"""How long after a failure it is tried again; each further failure doubles it."""

MOST_FAILURES = 5
"""After this many failures in a row nothing is tried again until a person asks or another window opens."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What one source wants of an instance, and why. `data` goes to the journal with the request."""

    instance: str
    desired: Desired
    reason: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Withheld:
    """Something wanted that is not asked for now, why, and until when; None: until a person does something."""

    instance: str
    desired: Desired
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What to ask for now, and what is withheld.

    `pending` still move: scaling has asked for them before, or a run has died on them.
    """

    asks: tuple[Wish, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    pending: tuple[str, ...] = ()


_RUNNING = frozenset({State.ONLINE, State.REBOOTING, State.RUNNING_SETUP})
_GONE = RESTING
_TRIED = frozenset({State.START_FAILED, State.SETUP_FAILED, State.STOP_FAILED})


def scheduled(outlooks: Iterable[Outlook]) -> tuple[Wish, ...]:
    """The wishes of schedules. One against which a person's request stands is none."""
    return tuple(
        Wish(item.instance, item.desired, item.reason, {"opening": item.opening.isoformat()} if item.opening else {})
        for item in outlooks
        if item.stands is None
    )


def combine(
    wishes: Iterable[Wish],
    state: StackState,
    pasts: Mapping[str, Past],
    now: datetime,
    *,
    watched: Iterable[str] = (),
) -> Decision:
    """Compare wishes with what is and with what is asked for already. Each instance has one wish at most.

    `watched` are instances that are scaled without a wish for each at every look: those among them that still move are
    pending too.
    """
    asks: list[Wish] = []
    withheld: list[Withheld] = []
    pending = [name for name in watched if (record := state.instances.get(name)) is not None and _moves(record)]
    for wish in wishes:
        record = state.instances.get(wish.instance)
        aside = _aside(wish, state, now)
        if record is not None and _moves(record) and aside is None and wish.instance not in pending:
            pending.append(wish.instance)
        if _so_or_asked(record, wish.desired):
            continue
        reason, until = kept_from(wish, state, pasts, now)
        if reason:
            withheld.append(Withheld(wish.instance, wish.desired, reason, until))
        else:
            asks.append(wish)
    return Decision(tuple(asks), tuple(withheld), tuple(pending))


def kept_from(wish: Wish, state: StackState, pasts: Mapping[str, Past], now: datetime) -> tuple[str, datetime | None]:
    """Why a wish is not asked for now, and until when; "" if it is. It may be so, or asked for, already."""
    aside = _aside(wish, state, now)
    if aside is not None:
        return f"held for maintenance by {aside.actor}: {aside.why}", aside.until
    return held_back(wish, state.instances.get(wish.instance), pasts.get(wish.instance, NOTHING), now)


def _aside(wish: Wish, state: StackState, now: datetime) -> Maintenance | None:
    """Who has taken the instance aside, None if nobody has."""
    found = state.maintenance.get(wish.instance)
    return found if found is not None and found.lasts(now) else None


def _moves(record: InstanceRecord) -> bool:
    """Whether an instance has something to finish that no person has asked for."""
    if record.request is not None:
        return record.request.initiator is Initiator.AUTO_SCALING
    return record.state in BETWEEN


def _so_or_asked(record: InstanceRecord | None, desired: Desired) -> bool:
    """Whether an instance is as wanted, on its way there, or on a way that scaling does not cross."""
    if record is None:
        return desired is Desired.STOPPED
    if record.request is not None:
        return record.request.desired in (desired, Desired.TERMINATED)
    if desired is Desired.TERMINATED:
        return record.machine is None
    return record.state in (_RUNNING if desired is Desired.ONLINE else _GONE)


def held_back(wish: Wish, record: InstanceRecord | None, past: Past, now: datetime) -> tuple[str, datetime | None]:
    """Why something is not asked for now, and until when; "" if it is."""
    if record is None:
        return "", None
    if record.state is State.CONNECTION_LOST and wish.desired is Desired.ONLINE:
        return "its connection is lost, and starting it is for healing or a person", None
    if record.state not in _TRIED:
        return "", None
    failed_now = wish.desired is Desired.ONLINE or record.state is State.STOP_FAILED
    if not failed_now:
        return "", None
    failures = past.failures or ((record.since,) if record.since else ())
    count = len(failures)
    if count >= MOST_FAILURES:
        return f"it failed {count} times in a row, most lately: {record.failure}; a person must ask again", None
    retry = max(failures) + FIRST_RETRY * 2 ** (count - 1) if failures else now
    if now < retry:
        times = "once" if count == 1 else f"{count} times in a row"
        return f"it failed {times}: {record.failure}", retry
    return "", None
