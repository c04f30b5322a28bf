"""Ansible runs only where the locale's encoding is UTF-8, and says so where nobody looks."""

from __future__ import annotations

import functools
import locale

FALLBACK = {"LC_ALL": "C.UTF-8"}
"""What every system has without having it made."""


@functools.cache
def variables() -> dict[str, str]:
    """Return what has to be set for Ansible where this process's locale would not do: it is not UTF-8, or not there."""
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, "")
        encoding = locale.getlocale()[1] or ""
    except (locale.Error, ValueError):
        return FALLBACK
    finally:
        locale.setlocale(locale.LC_ALL, before)
    return {} if encoding.lower().replace("-", "") == "utf8" else FALLBACK
