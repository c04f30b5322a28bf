"""Limits of sessions, and those for everybody of services too."""

from __future__ import annotations

from collections.abc import Sequence

from stackward.definition.baseline import Limit
from stackward.layers.context import LayerContext
from stackward.layers.resources import Absent, Directory, File, Resource

SESSIONS = "/etc/security/limits.d/60-stackward.conf"
SERVICES = "/etc/systemd/system.conf.d/60-stackward.conf"
_DIRECTIVES = {
    "core": "LimitCORE",
    "memlock": "LimitMEMLOCK",
    "nofile": "LimitNOFILE",
    "nproc": "LimitNPROC",
    "stack": "LimitSTACK",
}
"""What systemd calls those limits that mean the same to it; its default for all units has "Default" in front."""
_KIBIBYTES = frozenset({"core", "memlock", "stack"})


def limits(contexts: Sequence[LayerContext]) -> tuple[Resource, ...]:
    """Return the limits on an instance."""
    chosen = {(limit.domain, limit.item): limit for context in contexts for limit in context.layer.baseline.limits}
    ordered = [chosen[key] for key in sorted(chosen)]
    return (*_sessions(ordered), *_services([limit for limit in ordered if limit.domain == "*"]))


def _sessions(limits: Sequence[Limit]) -> tuple[Resource, ...]:
    # The asterisk is everybody but root.
    lines = [
        f"{domain} {kind} {limit.item} {value}\n"
        for limit in limits
        for domain in (("*", "root") if limit.domain == "*" else (limit.domain,))
        for kind, value in (("soft", limit.soft), ("hard", limit.hard))
    ]
    if not lines:
        return (Absent(name="limits of sessions", path=SESSIONS),)
    return (File(name="limits of sessions", path=SESSIONS, content="".join(lines)),)


def _services(limits: Sequence[Limit]) -> tuple[Resource, ...]:
    lines = [
        f"Default{_DIRECTIVES[limit.item]}={_value(limit.item, limit.soft)}:{_value(limit.item, limit.hard)}\n"
        for limit in limits
        if limit.item in _DIRECTIVES
    ]
    if not lines:
        return (Absent(name="limits of services", path=SERVICES, notify=("daemon-reload",)),)
    return (
        Directory(name="folder for limits of services", path=SERVICES.rpartition("/")[0]),
        File(
            name="limits of services",
            path=SERVICES,
            content="[Manager]\n" + "".join(lines),
            notify=("daemon-reload",),
        ),
    )


def _value(item: str, value: str) -> str:
    if value == "unlimited":
        return "infinity"
    return f"{value}K" if item in _KIBIBYTES else value
