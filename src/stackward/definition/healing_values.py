"""How the values of a layer's `healing` are read: each function takes what YAML gives and returns it or a Mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stackward.definition import raw
from stackward.definition.mistake import Finding, Mistake, closest, described, shown
from stackward.definition.model import Check, CheckType
from stackward.lifecycle.health import Remedy

HTTP_TARGET = r":[1-9][0-9]{0,4}/[^\s\x00-\x1f]*"
SHARE = r"(?:100|[1-9]?[0-9])%"
REACTIONS = ("report", "heal")
REMEDIES = (Remedy.CONFIGURE, Remedy.REBOOT, Remedy.RESTART, Remedy.REPLACE)

_CHECK_RIGHT = 'write one of {http: ":8000/healthz"}, {tcp: 5432} and {command: pg_isready}'
_REMEDIES_RIGHT = "write a list of configure, reboot, restart and replace, such as [reboot, restart]"


def check(value: Any) -> Check:
    """Return the health check of a layer."""
    if not isinstance(value, dict):
        raise Mistake(f"is {described(value)}", _CHECK_RIGHT)
    kinds = {item.value for item in CheckType}
    unknown = [key for key in value if key not in kinds]
    if unknown:
        meant = closest(str(unknown[0]), kinds)
        raise Mistake(f"{shown(unknown[0])} is no check", f"did you mean {shown(meant)}?" if meant else _CHECK_RIGHT)
    if len(value) != 1:
        raise Mistake(f"has {len(value)} checks", _CHECK_RIGHT)
    ((kind, wanted),) = value.items()
    if kind == CheckType.TCP.value:
        return Check(CheckType.TCP, port=_port(wanted))
    if kind == CheckType.HTTP.value:
        if not isinstance(wanted, str) or not re.fullmatch(HTTP_TARGET, wanted, re.ASCII):
            raise Mistake(f"{shown(wanted)} is not a port and a path", _CHECK_RIGHT)
        port, slash, path = wanted[1:].partition("/")
        return Check(CheckType.HTTP, port=_port(int(port)), path=slash + path)
    if not isinstance(wanted, str) or not wanted.strip() or "\0" in wanted or "\n" in wanted:
        raise Mistake(f"{shown(wanted)} is not a command of one line", _CHECK_RIGHT)
    return Check(CheckType.COMMAND, command=wanted)


def _port(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 65535:
        raise Mistake(f"{shown(value)} is not a port", "write a whole number from 1 to 65535")
    return value


def remedies(value: Any) -> list[str]:
    """Return the names of what is done about a failed instance, in order."""
    names = [item.value for item in REMEDIES]
    if not isinstance(value, list) or not value:
        raise Mistake(f"is {described(value)}", _REMEDIES_RIGHT)
    for item in value:
        if not isinstance(item, str) or item not in names:
            raise Mistake(f"{shown(item)} is not a remedy", _REMEDIES_RIGHT)
    if value != sorted(set(value), key=names.index):
        raise Mistake(
            "names a milder remedy after a stronger one, or one twice",
            "keep to the order configure, reboot, restart, replace",
        )
    return value


def tries(value: Any) -> int:
    """How many remedies are tried before it is for a person."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 20:
        raise Mistake(f"is {described(value)}", "write a whole number from 1 to 20, such as 5")
    return value


def share(value: Any) -> float:
    """Return a part of 1, from a text such as "10%"."""
    if not isinstance(value, str) or not re.fullmatch(SHARE, value, re.ASCII):
        raise Mistake(f"{shown(value)} is not a part of the layer", 'write percent, such as "10%"')
    return int(value[:-1]) / 100


def reaction(value: Any) -> bool:
    """Whether something is a reason to heal."""
    if value not in REACTIONS:
        raise Mistake(f"{shown(value)} is not accepted", "write report or heal")
    return bool(value == REACTIONS[1])


def findings(data: Any) -> Iterator[Finding]:
    """What contradicts itself in the healing of the layers."""
    for name in raw.mapping(data, "layers"):
        healing = raw.mapping(data, "layers", name, "healing")
        if healing.get("on_failed_check") == REACTIONS[1] and healing.get("check") is None:
            yield (
                ("layers", name, "healing", "on_failed_check"),
                Mistake("there is no check that could fail", "add a check, or remove this key"),
            )
