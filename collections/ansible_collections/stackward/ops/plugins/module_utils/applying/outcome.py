# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What came of applying one resource, and how it fails."""

from __future__ import annotations

from dataclasses import dataclass


class Failed(Exception):
    """A resource cannot be applied. The message is a sentence for a person; it never holds a secret."""


@dataclass(frozen=True)
class Outcome:
    """Whether something changed, and what; `before` and `after` are texts to compare, None where there are none."""

    changed: bool
    message: str = ""
    before: str | None = None
    after: str | None = None


UNCHANGED = Outcome(changed=False)
