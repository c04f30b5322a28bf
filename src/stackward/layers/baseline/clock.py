"""The clock, kept right by chrony: with the distribution's time servers, or with those of the stack file."""

from __future__ import annotations

from collections.abc import Sequence

from stackward.layers.context import LayerContext
from stackward.layers.resources import Absent, Directory, File, Resource, Service

SETTINGS = "/etc/chrony/stackward.conf"
_UNIT = "/etc/systemd/system/chrony.service.d/stackward.conf"
_RESTART = ("restart:chrony.service",)


def clock(contexts: Sequence[LayerContext]) -> tuple[Resource, ...]:
    """Return what keeps the clock of an instance right, or takes away what did."""
    choices = [context.layer.baseline.time_servers for context in contexts]
    wanted = [servers for servers in choices if servers is not None]
    servers = next((servers for servers in wanted if servers), ())
    parts: tuple[Resource, ...] = _own(servers) if servers else _distribution(notify=bool(wanted))
    return (*parts, Service(name="clock", unit="chrony.service")) if wanted else parts


def _own(servers: Sequence[str]) -> tuple[Resource, ...]:
    sources = "".join(f"server {server} iburst\n" for server in servers)
    settings = (
        f"{sources}driftfile /var/lib/chrony/chrony.drift\nntsdumpdir /var/lib/chrony\nlogdir /var/log/chrony\n"
        "maxupdateskew 100.0\nrtcsync\nmakestep 1 3\nleapsectz right/UTC\n"
    )
    unit = f"[Service]\nExecStart=\nExecStart=!/usr/sbin/chronyd -F 1 -f {SETTINGS}\n"
    return (
        File(name="time servers", path=SETTINGS, content=settings, notify=_RESTART),
        Directory(name="folder for chrony's unit", path=_UNIT.rpartition("/")[0]),
        File(name="chrony's unit", path=_UNIT, content=unit, notify=_RESTART),
    )


def _distribution(*, notify: bool) -> tuple[Resource, ...]:
    asked = _RESTART if notify else ()
    return (
        Absent(name="time servers", path=SETTINGS, notify=asked),
        Absent(name="chrony's unit", path=_UNIT, notify=asked),
    )
