"""The instances of a layer as scaling sees them: who works, who is on the way, who can be started and stopped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from stackward.definition.model import InstanceType
from stackward.lifecycle.states import RESTING, Desired, State

STUCK = timedelta(minutes=30)
"""An instance that has been on its way for longer is not counted on any more."""

_NEVER = datetime.min.replace(tzinfo=UTC)
_COMING = frozenset({State.REQUESTED, State.PENDING, State.BOOTING, State.RUNNING_SETUP, State.REBOOTING})
_AT_REST = RESTING | {State.START_FAILED}
_BROKEN = frozenset({State.SETUP_FAILED, State.CONNECTION_LOST, State.STOP_FAILED})


@dataclass(frozen=True, slots=True)
class Member:
    """One instance of the layer.

    `since` is when it came to its state, `wanted` what is asked of it at the moment and `asked` since when, `hold` why
    it must not be touched ("" if it may), `failed` when it last could not be started. One of a pool is `warm` if it has
    a machine; all others are.
    """

    name: str
    type: InstanceType
    state: State
    since: datetime
    wanted: Desired | None = None
    hold: str = ""
    failed: datetime | None = None
    asked: datetime | None = None
    warm: bool = True

    @property
    def moving(self) -> datetime:
        """Since when it has been on its way, if it is."""
        return self.since if self.asked is None else max(self.since, self.asked)


class Part(Enum):
    """What an instance is to its layer."""

    WORKING = "working"
    COMING = "coming"
    LEAVING = "leaving"
    BROKEN = "broken"
    RESTING = "resting"


def part(member: Member) -> Part:
    """Return what an instance is to its layer, by what is and by what is asked of it."""
    return part_of(member.state, member.wanted)


def part_of(state: State, wanted: Desired | None) -> Part:
    """Return what an instance in a state is to its layer, when this is asked of it."""
    if state in _AT_REST:
        return Part.COMING if wanted is Desired.ONLINE else Part.RESTING
    if wanted in (Desired.STOPPED, Desired.TERMINATED):
        return Part.LEAVING
    if state is State.ONLINE:
        return Part.WORKING
    if state in _COMING:
        return Part.COMING
    return Part.BROKEN if state in _BROKEN else Part.LEAVING


@dataclass(frozen=True, slots=True)
class Activity:
    """A lifecycle event on an instance: from when, until when (None: it is still running)."""

    event: str
    begin: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fleet:
    """All instances of a layer in the order of the file, sorted once by what they are.

    `startable` and `stoppable` are the load-based ones that may be moved, in the order in which they are: those that
    failed longest ago, or never, start first, of these the warm ones, then the order of the file; the last of the file
    stop first.
    """

    working: tuple[Member, ...]
    coming: tuple[Member, ...]
    broken: tuple[Member, ...]
    startable: tuple[Member, ...]
    stoppable: tuple[Member, ...]
    activity: Mapping[str, tuple[Activity, ...]]
    names: tuple[str, ...]
    """Of those that work."""
    newest: datetime
    """When the last of those that work came online."""

    @classmethod
    def of(cls, members: Iterable[Member], activity: Mapping[str, tuple[Activity, ...]] | None = None) -> Fleet:
        """Sort the instances of a layer. `activity` is what ran or runs on them lately, by name."""
        sorted_: dict[Part, list[Member]] = {each: [] for each in Part}
        for member in members:
            sorted_[part(member)].append(member)
        working = tuple(sorted_[Part.WORKING])
        return cls(
            working,
            tuple(sorted_[Part.COMING]),
            tuple(sorted_[Part.BROKEN]),
            tuple(sorted((each for each in sorted_[Part.RESTING] if _free(each)), key=_first)),
            tuple(each for each in reversed(working) if _free(each)),
            activity or {},
            tuple(member.name for member in working),
            max((member.since for member in working), default=_NEVER),
        )

    def expected(self, now: datetime) -> tuple[Member, ...]:
        """Those on their way who can still be counted on."""
        return tuple(member for member in self.coming if now - member.moving <= STUCK)


def _free(member: Member) -> bool:
    return member.type is InstanceType.LOAD and not member.hold and member.wanted is None


def _first(member: Member) -> tuple[datetime, bool]:
    return member.failed or _NEVER, not member.warm
