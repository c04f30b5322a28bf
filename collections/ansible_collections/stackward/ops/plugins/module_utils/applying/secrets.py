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
    found = set()
    for line in text.splitlines():
        for part in (line.strip(), line.partition("=")[2].strip()):
            # A value of several lines begins with a quote on its first one and ends with one on its last.
            for form in (part, part.strip("\"'")):
                # A file of systemd has a backslash before what is special to it; the program sees the text without.
                plain = re.sub(r'\\(["\\$`])', r"\1", form)
                # A traceback shows a text as it is written in a program.
                found |= {form, plain, plain.replace("\\", "\\\\")}
    return found


def masked(text, secrets):
    """Return the text as Ansible would show it, so that it can be cut without leaving half of a secret."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "********")
    return text
