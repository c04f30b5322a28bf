"""Writes of what a person has told to leave alone: a single instance, or all that acts by itself."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, insert

from stackward.state.records import Maintenance, Pause
from stackward.state.tables import maintenance, pauses
from stackward.state.writing import NAMED, OF, StackWrites

_PAUSE = insert(pauses)
_RESUME = delete(pauses).where(pauses.c.stack == OF, pauses.c.what == bindparam("paused"))
_TAKE_ASIDE = insert(maintenance)
_GIVE_BACK = delete(maintenance).where(maintenance.c.stack == OF, maintenance.c.instance == NAMED)


class PauseWrites(StackWrites):
    """What may be written about maintenance and pauses."""

    def take_aside(self, taken: Maintenance) -> None:
        """Remember that a person works on an instance, in place of what was known of that before."""
        self._change(_GIVE_BACK, named=taken.instance)
        self._insert(
            _TAKE_ASIDE,
            instance=taken.instance,
            why=taken.why,
            actor=taken.actor,
            since=taken.since,
            until=taken.until,
        )

    def give_back(self, instance: str) -> bool:
        """Nobody works on the instance any more. Returns whether somebody did."""
        return self._change(_GIVE_BACK, named=instance) > 0

    def pause(self, pause: Pause) -> None:
        """Remember that a person has paused something, in place of what was known of that before."""
        self._change(_RESUME, paused=pause.what)
        self._insert(_PAUSE, what=pause.what, why=pause.why, actor=pause.actor, since=pause.since, until=pause.until)

    def resume(self, what: str) -> bool:
        """It is paused no more. Returns whether it was."""
        return self._change(_RESUME, paused=what) > 0
