# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which texts must not appear in anything that a call returns."""

from __future__ import annotations

_SHORTEST = 8
"""A shorter text is in too many others to be masked."""


def secrets_in(resources):
    """Return the texts of secret resources: their lines, and what stands behind "=" in them.

    A text that a resource is named by is none: masking it would leave messages that say nothing.
    """
    named = " ".join(str(entry.get(key, "")) for entry in resources for key in ("name", "path", "unit", "user"))
    found = set()
    for entry in resources:
        if entry.get("secret"):
            for text in (entry.get("content", ""), entry.get("input", ""), entry.get("unless_output") or ""):
                found |= _parts(text)
    return {text for text in found if len(text) >= _SHORTEST and text not in named}


def _parts(text):
    lines = [line.strip() for line in text.splitlines()]
    values = [line.partition("=")[2].strip() for line in lines]
    return {*lines, *values, *(value.strip("\"'") for value in values)}
