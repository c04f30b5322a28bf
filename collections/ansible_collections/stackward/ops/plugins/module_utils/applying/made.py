# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Stackward has made on this host by itself, so that it can take away that, and nothing else."""

from __future__ import annotations

from . import durable

_ADVICE = "what has left the stack file must be removed by hand. Then remove this file."


class Made:
    """The record, by kind and name. It is on disk before what it speaks of, so that a killed run loses nothing."""

    def __init__(self, path, check):
        self._path = path
        self._check = check
        self._kinds = durable.read(path, {}, _ADVICE)

    def of(self, kind):
        """Return what was made of a kind: what is known of each, by name."""
        return dict(self._kinds.get(kind, {}))

    def remember(self, kind, entries):
        """Add entries, or replace those of the same names."""
        self._set(kind, {**self.of(kind), **entries})

    def forget(self, kind, *names):
        """Drop entries."""
        self._set(kind, {name: entry for name, entry in self.of(kind).items() if name not in names})

    def _set(self, kind, entries):
        if self._check or entries == self.of(kind):
            return
        self._kinds[kind] = entries
        durable.write(self._path, self._kinds)
