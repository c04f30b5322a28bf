"""How single values of the stack file are read: each function takes what YAML gives and returns the value or a Mistake.

Durations are in seconds, sizes in gibibytes.
"""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from stackward.definition.mistake import Mistake, closest, described, shown
from stackward.definition.model import InstanceType, Recipe, RecipeType, Secret

LONGEST_DURATION = 7 * 24 * 3600.0
DURATION = r"(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+(?:\.\d+)?s)?"
FOREVER = "forever"
RETENTION = r"(?:(?:[7-9]|[1-9][0-9]{1,3})d|[1-9][0-9]{0,3}w|[1-9][0-9]?y)"
_DAYS = {"d": 1, "w": 7, "y": 365}
PERCENT = r"\d{1,3}(?:\.\d+)?\s?%"
SIZE = r"[1-9][0-9]{0,8}(?:GiB|TiB|G|T)"
MOUNT = r"(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)+"
ROLE = r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*)*"
ENVIRONMENT_KEY = r"[A-Z_][A-Z0-9_]*"
DOMAIN = (
    r"(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)

_DURATION_PARTS = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?", re.ASCII)
_DURATION_RIGHT = 'write seconds or a duration, such as 45, "45s", "5m" or "1h30m"'
_RECIPE_RIGHT = "write the name of a role, {tasks: FILE}, {puppet: MANIFEST} or {command: COMMAND}"
_RECIPE_FILES = {".yml": "tasks", ".yaml": "tasks", ".pp": "puppet"}
_ZERO_BYTE = "\0"


def text(pattern: str, rule: str, example: str) -> Callable[[Any], str]:
    """Return a reader of texts that match `pattern` as a whole; `rule` says the pattern in words."""
    whole = re.compile(pattern, re.ASCII)

    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise Mistake(f"is {described(value)}", _quoted(value, f"write {rule}, such as {example}"))
        if not whole.fullmatch(value):
            raise Mistake(f"{shown(value)} is not accepted", f"write {rule}, such as {example}")
        return value

    return read


def _quoted(value: Any, otherwise: str) -> str:
    """Return what would be right instead of a number or boolean where a text belongs."""
    return f"{otherwise} (a text that looks like a number needs quotes)" if _is_number(value) else otherwise


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def duration(value: Any) -> float:
    """Seconds, from a number or from a text such as "1h30m"."""
    if _is_number(value):
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


def percent(value: Any) -> float:
    """Return a percentage above 0 and up to 100, from a number or from a text such as "80%"."""
    right = 'write a percentage above 0 and up to 100, such as 80 or "80%"'
    if isinstance(value, str) and re.fullmatch(PERCENT, value, re.ASCII):
        number = float(value.rstrip("% "))
    elif _is_number(value):
        number = float(value)
    else:
        raise Mistake(f"is {described(value)}", right)
    if not 0 < number <= 100:
        raise Mistake(f"{shown(value)} is no percentage that can be reached", right)
    return number


def tolerance(value: Any) -> float:
    """Return a percentage from 0 up to 50."""
    right = 'write a percentage from 0 to 50, such as 10 or "10%"'
    if (_is_number(value) and value == 0) or (isinstance(value, str) and re.fullmatch("0 ?%", value)):
        return 0.0
    try:
        number = percent(value)
    except Mistake as mistake:
        raise Mistake(mistake.wrong, right) from None
    if number > 50:
        raise Mistake(f"{shown(value)} is too much", right)
    return number


def threshold(value: Any) -> float:
    """Return a number above 0 to compare a metric with."""
    right = "write a number above 0, such as 1.5"
    if not _is_number(value):
        raise Mistake(f"is {described(value)}", right)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not (0 < number < math.inf):
        raise Mistake(f"{shown(value)} is no value that can be reached", right)
    return number


def count(value: Any) -> int:
    """How many instances move at once."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise Mistake(f"is {described(value)}", "write a whole number from 1, such as 1")
    return value


def bound(value: Any) -> int:
    """Return a smallest or largest number of instances."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Mistake(f"is {described(value)}", "write a whole number from 0, such as 2")
    return value


def reversals(value: Any) -> int:
    """How often the direction may turn. One stop and the start that may have to follow it are two turns."""
    if not isinstance(value, int) or isinstance(value, bool) or not 2 <= value <= 100:
        raise Mistake(f"is {described(value)}", "write a whole number from 2 to 100, such as 4")
    return value


def size(value: Any) -> int:
    """Gibibytes, from a text such as "20G"."""
    right = 'write gibibytes or tebibytes, such as "20G" or "1T"'
    if not isinstance(value, str):
        raise Mistake(f"is {described(value)}", right)
    if not re.fullmatch(SIZE, value, re.ASCII):
        raise Mistake(f"{shown(value)} is not a size", right)
    number = int(re.sub(r"[A-Za-z]", "", value))
    return number * 1024 if "T" in value else number


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


def recipe(value: Any) -> Recipe:
    """Return a recipe as the file names it; the path of a task file or manifest is still relative."""
    if isinstance(value, str):
        return Recipe(RecipeType.ROLE, _role(value))
    if not isinstance(value, dict):
        raise Mistake(f"is {described(value)}", _RECIPE_RIGHT)
    if len(value) != 1 or not value.keys() <= {kind.value for kind in RecipeType}:
        raise Mistake(f"a recipe cannot have the keys {', '.join(map(shown, value)) or '(none)'}", _RECIPE_RIGHT)
    (kind, name), *_ = value.items()
    read = {"role": _role, "command": _command}.get(kind, file_path)
    return Recipe(RecipeType(kind), read(name))


def _role(value: Any) -> str:
    if not isinstance(value, str):
        raise Mistake(f"the name of the role is {described(value)}", _RECIPE_RIGHT)
    for ending, kind in _RECIPE_FILES.items():
        if value.endswith(ending):
            raise Mistake(f"{shown(value)} is a file and not a role", f"write {{{kind}: {value}}}")
    if not re.fullmatch(ROLE, value, re.ASCII):
        raise Mistake(f"{shown(value)} is not the name of a role", _RECIPE_RIGHT)
    return value


def _command(value: Any) -> str:
    """Return a command as one text, from a text or a list of its words. No shell reads it."""
    right = "write a command with its arguments, such as [systemctl, reload, nginx]"
    if isinstance(value, list) and value and all(isinstance(word, str) for word in value):
        words = value
    elif isinstance(value, str):
        try:
            words = shlex.split(value)
        except ValueError:
            raise Mistake(f"{shown(value)} has a quotation mark that is never closed", right) from None
    else:
        raise Mistake(f"the command is {described(value)}", right)
    if not words or not words[0] or any(_ZERO_BYTE in word for word in words):
        raise Mistake(f"{shown(value)} is not a command", right)
    return shlex.join(words)


def file_path(value: Any) -> str:
    """Return a path of a file or folder on the controller, as written."""
    if not isinstance(value, str):
        raise Mistake(f"is {described(value)}", "write a path")
    if not value.strip() or _ZERO_BYTE in value:
        raise Mistake(f"{shown(value)} is not a path", "write a path")
    return value


def git_url(value: Any) -> str:
    """Where a Git repository is; without a login, which everybody could read in the list of processes."""
    right = "write the address of a Git repository, such as https://git.example.com/storefront.git"
    if not isinstance(value, str):
        raise Mistake(f"is {described(value)}", right)
    if not re.fullmatch(r"[^\s\x00-\x1f-][^\s\x00-\x1f]*", value):
        raise Mistake(f"{shown(value)} is not the address of a Git repository", right)
    try:
        parts = urlsplit(value if "://" in value else "")
    except ValueError:
        raise Mistake(f"{shown(value)} is not the address of a Git repository", right) from None
    # Over HTTP a token is often written as the user.
    if parts.password is not None or (parts.scheme in ("http", "https") and parts.username is not None):
        raise Mistake(
            f"this address holds a {'login' if parts.password is None else 'password'}, which everybody on this "
            "machine could read",
            "take it out and let Git on the controller log in (credential helper or SSH key)",
        )
    return value


def revision(value: Any) -> str:
    """Return a branch, tag or commit."""
    right = "write a branch, a tag or a commit, such as v1.4.2"
    if not isinstance(value, str):
        raise Mistake(f"is {described(value)}", _quoted(value, right))
    if not re.fullmatch(r"[^\s\x00-\x1f~^:?*\[\\-][^\s\x00-\x1f~^:?*\[\\]*", value) or ".." in value:
        raise Mistake(f"{shown(value)} is not the name of a branch, tag or commit", right)
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
