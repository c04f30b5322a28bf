"""What a release of an app is called, and when it was made."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_MOMENT = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"([0-9]{8}T[0-9]{6}Z)-.+")


def release_name(revision: str, at: datetime) -> str:
    """A release's folder name: when it was first asked for (UTC), and the beginning of its revision."""
    return f"{at.astimezone(UTC):{_MOMENT}}-{revision[:10]}"


def made_at(release: str) -> datetime | None:
    """When a release was first asked for, to the second; None where its name does not tell."""
    named = _NAME.fullmatch(release)
    if named is None:
        return None
    try:
        return datetime.strptime(named[1], _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None
