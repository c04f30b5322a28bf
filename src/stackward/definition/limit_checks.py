"""Whether the limits of sessions can be what they say: one that cannot be set keeps everybody out of a host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from stackward.definition import raw
from stackward.definition.mistake import Finding, Mistake, Path, shown

UNLIMITED = "unlimited"

_OPEN_FILES = "fs.nr_open"
"""The kernel's parameter that no number of open files may be above."""

_MOST_OPEN_FILES = 1_048_576
"""What it is where nobody sets it."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    lowest: int
    highest: int | None = None
    unlimited: bool = True


_ANY = _Bounds(0)
# With none of these no program runs: nobody could log in to put it right.
_SOME = _Bounds(1)
_BOUNDS = {
    **dict.fromkeys(("nofile", "nproc", "data", "fsize", "stack", "as", "cpu"), _SOME),
    **dict.fromkeys(("nice", "priority"), _Bounds(-20, 19, unlimited=False)),
    "rtprio": _Bounds(0, 99, unlimited=False),
}


def findings(data: Any) -> Iterator[Finding]:
    """Values that are none for their limit, and soft limits above hard ones; what is no limit at all is passed over."""
    for layer in raw.mapping(data, "layers"):
        most = max(_MOST_OPEN_FILES, _open_files(raw.mapping(data, "layers", layer, "sysctl").get(_OPEN_FILES)))
        for domain in raw.mapping(data, "layers", layer, "limits"):
            for item, value in raw.mapping(data, "layers", layer, "limits", domain).items():
                for path, mistake in _limit(item, value, most):
                    yield ("layers", layer, "limits", domain, item, *path), mistake


def _limit(item: str, value: Any, most: int) -> Iterator[Finding]:
    both = value if isinstance(value, dict) else {"": value}
    wrong = False
    for kind, said in both.items():
        mistake = _unfit(item, said, most)
        if mistake is not None:
            wrong = True
            path: Path = (kind,) if kind else ()
            yield path, mistake
    if not wrong and both.keys() == {"soft", "hard"} and _is_above(item, both["soft"], both["hard"]):
        yield (), Mistake("the soft limit is above the hard one", "write a soft limit that is not above the hard one")


def _unfit(item: str, value: Any, most: int) -> Mistake | None:
    bounds = _BOUNDS.get(item, _ANY)
    number = _whole(value)
    if value == UNLIMITED and not bounds.unlimited:
        return Mistake(f"{item} cannot be unlimited", f"write a number from {bounds.lowest} to {bounds.highest}")
    if number is None:
        return None
    if bounds.highest is not None and not bounds.lowest <= number <= bounds.highest:
        right = f"write a number from {bounds.lowest} to {bounds.highest}"
        return Mistake(f"{item} cannot be {shown(value)}", right)
    if number < bounds.lowest:
        return Mistake(f"{item} cannot be {shown(value)}", f"write a number from {bounds.lowest} on, or {UNLIMITED}")
    if item == "nofile" and number > most:
        right = f"write {most} at most, or raise {_OPEN_FILES} in the layer's sysctl"
        return Mistake(f"the kernel takes no limit of {number} open files, so that nobody could log in", right)
    return None


def _is_above(item: str, soft: Any, hard: Any) -> bool:
    if UNLIMITED in (soft, hard):
        return bool(soft == UNLIMITED and hard != UNLIMITED)
    low, high = _whole(soft), _whole(hard)
    if low is None or high is None:
        return False
    # The lower the niceness, the more a process may have.
    return low < high if item == "nice" else low > high


def _open_files(value: Any) -> int:
    """Return what a layer sets the parameter to, as a number or a text; 0 where that is no number."""
    number = int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,10}", value) else _whole(value)
    return number or 0


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
