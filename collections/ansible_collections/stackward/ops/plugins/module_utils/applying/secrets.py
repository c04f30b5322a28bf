# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which texts must not appear in anything that a call returns."""

from __future__ import annotations

import json
import re

_HIDDEN = ("content", "input", "unless_output")
_SHORTEST = 8
"""A shorter text is in too many others to be masked."""


def secrets_in(resources):
    """Return the texts of secret resources: their lines, and what stands behind "=" in them.

    A text that stands in other resources too is no secret: masking it would leave results that say nothing.
    """
    found = set()
    for entry in resources:
        if entry.get("secret"):
            for key in _HIDDEN:
                found |= _parts(entry.get(key) or "")
    public = json.dumps([_public(entry) for entry in resources], ensure_ascii=False)
    return {text for text in found if len(text) >= _SHORTEST and text not in public}


def _public(entry):
    return {key: value for key, value in entry.items() if key not in _HIDDEN} if entry.get("secret") else entry


def _parts(text):
    lines = [line.strip() for line in text.splitlines()]
    values = [line.partition("=")[2].strip() for line in lines]
    bare = [value.strip("\"'") for value in values]
    # A file of systemd has a backslash before what is special to it; the program sees the text without.
    return {*lines, *bare, *(re.sub(r'\\(["\\$`])', r"\1", text) for text in bare)}


def masked(text, secrets):
    """Return the text as Ansible would show it, so that it can be cut without leaving half of a secret."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "********")
    return text
