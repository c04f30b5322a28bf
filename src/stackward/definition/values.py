"""How single values of the stack file are read: each function takes what YAML gives and returns the value or a Mistake.

Durations are in seconds, sizes in gibibytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from stackward.definition.mistake import Mistake, closest, described, shown
from stackward.definition.model import InstanceType, Secret

LONGEST_DURATION = 7 * 24 * 3600.0
DURATION = r"(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+(?:\.\d+)?s)?"
FOREVER = "forever"
RETENTION = r"(?:(?:[7-9]|[1-9][0-9]{1,3})d|[1-9][0-9]{0,3}w|[1-9][0-9]?y)"
_DAYS = {"d": 1, "w": 7, "y": 365}
SIZE = r"[1-9][0-9]{0,8}(?:GiB|TiB|G|T)"
MOUNT = r"(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)+"
ENVIRONMENT_KEY = r"[A-Z_][A-Z0-9_]*"
DOMAIN = (
    r"(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)

_DURATION_PARTS = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?", re.ASCII)
_DURATION_RIGHT = 'write seconds or a duration, such as 45, "45s", "5m" or "1h30m"'
_ZERO_BYTE = "\0"


def text(pattern: str, rule: str, example: str) -> Callable[[Any], str]:
    """Return a reader of texts that match `pattern` as a whole; `rule` says the pattern in words."""
    whole = re.compile(pattern, re.ASCII)

    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise Mistake(f"is {described(value)}", quoted(value, f"write {rule}, such as {example}"))
        if not whole.fullmatch(value):
            raise Mistake(f"{shown(value)} is not accepted", f"write {rule}, such as {example}")
        return value

    return read


def matching(value: Any, pattern: str, wrong: str, right: str) -> str:
    """Return a text that matches `pattern` as a whole. `wrong` says what any other is not, `right` what to write."""
    if not isinstance(value, str):
        raise Mistake(f"is {described(value)}", right)
    if not re.fullmatch(pattern, value, re.ASCII):
        raise Mistake(f"{shown(value)} {wrong}", right)
    return value


def quoted(value: Any, otherwise: str) -> str:
    """Return what would be right instead of a number or boolean where a text belongs."""
    return f"{otherwise} (a text that looks like a number needs quotes)" if is_number(value) else otherwise


def is_number(value: Any) -> bool:
    """Return whether a value is a number, which a boolean is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def duration(value: Any) -> float:
    """Seconds, from a number or from a text such as "1h30m"."""
    if is_number(value):
        seconds = float(value)
    elif isinstance(value, str):
        match = _DURATION_PARTS.fullmatch(value)
        if not match or not value:
            raise Mistake(f"{shown(value)} is not a duration", _DURATION_RIGHT)
        parts = [float(part or 0) for part in match.groups()]
        seconds = parts[0] * 86400 + parts[1] * 3600 + parts[2] * 60 + parts[3]
    else:
        raise Mistake(f"is {described(value)}", _DURATION_RIGHT)
    if seconds < 0:
        raise Mistake(f"{shown(value)} is negative", _DURATION_RIGHT)
    if seconds > LONGEST_DURATION:
        raise Mistake(f"{shown(value)} is too long", "write 7 days at most")
    return seconds


def positive_duration(value: Any) -> float:
    """Like `duration`, and more than nothing."""
    seconds = duration(value)
    if not seconds:
        raise Mistake(f"{shown(value)} leaves no time at all", _DURATION_RIGHT)
    return seconds


def retention(value: Any) -> float | None:
    """Return for how many seconds the past is kept, from a text such as "180d", "26w" or "2y"; None for ever."""
    if value == FOREVER:
        return None
    if not isinstance(value, str) or not re.fullmatch(RETENTION, value, re.ASCII):
        raise Mistake(
            f"{shown(value)} is not accepted", f'write 7d or more, such as "180d", "26w" or "2y", or {FOREVER}'
        )
    return int(value[:-1]) * _DAYS[value[-1]] * 24 * 3600.0


def start_ahead(value: Any) -> float | None:
    """How many seconds before it is wanted an instance starts; None for as long as starts have taken."""
    if value is True:
        return None
    if value is False:
        return 0.0
    try:
        return duration(value)
    except Mistake as mistake:
        raise Mistake(mistake.wrong, 'write true (as long as starts take), false or a duration, such as "5m"') from None


def size(value: Any) -> int:
    """Gibibytes, from a text such as "20G"."""
    written = matching(value, SIZE, "is not a size", 'write gibibytes or tebibytes, such as "20G" or "1T"')
    number = int(re.sub(r"[A-Za-z]", "", written))
    return number * 1024 if "T" in written else number


def timezone(value: Any) -> str:
    """Return the name of an IANA time zone."""
    right = "write an IANA time zone, such as Europe/Vienna"
    if not isinstance(value, str):
        raise Mistake(f"is {described(value)}", right)
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        meant = closest(value, available_timezones())
        raise Mistake(
            f"{shown(value)} is not a time zone", f"did you mean {shown(meant)}?" if meant else right
        ) from None
    return value


def instance_type(value: Any) -> InstanceType:
    """How an instance's running time is decided."""
    types = {item.value: item for item in InstanceType}
    if not isinstance(value, str) or value not in types:
        raise Mistake(f"{shown(value)} is not a type of instance", 'write "24/7", time or load')
    return types[value]


def file_path(value: Any) -> str:
    """Return a path of a file or folder on the controller, as written."""
    if not isinstance(value, str):
        raise Mistake(f"is {described(value)}", "write a path")
    if not value.strip() or _ZERO_BYTE in value:
        raise Mistake(f"{shown(value)} is not a path", "write a path")
    return value


def environment_value(value: Any) -> str | Secret:
    """Return the value of an environment variable; numbers and booleans have come as they were written."""
    if isinstance(value, str):
        if _ZERO_BYTE in value:
            raise Mistake("has a zero byte", "write a text without it")
        return value
    if isinstance(value, Secret):
        return value
    raise Mistake(
        f"is {described(value)}", 'write a text, a number, true, false or a !vault value ("" for an empty text)'
    )


def keep(value: Any) -> int:
    """How many releases stay on a host."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 100:
        raise Mistake(f"is {described(value)}", "write a whole number from 1 to 100, such as 5")
    return value
