"""Where a machine may be, in order, and which places had no room lately. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from stackward.providers.ec2.options import Options

REMEMBERED_SECONDS = 180.0
"""How long a place without room is passed over (Karpenter remembers it as long)."""


@dataclass(frozen=True, slots=True)
class Place:
    """A type and market in a subnet, or in a zone, or where AWS likes."""

    type: str
    market: str
    subnet: str | None = None
    zone: str | None = None

    def __str__(self) -> str:
        where = self.subnet or self.zone
        return f"{self.type} {self.market}{f' in {where}' if where else ''}"


def places(options: Options, zone_of: Mapping[str, str], only_zone: str | None) -> tuple[Place, ...]:
    """Every place in the order of the stack file: markets, then types, then subnets or zones.

    `zone_of` are the zones of the subnets. In `only_zone` there are disks that the machine needs.
    """
    where: list[tuple[str | None, str | None]] = [(subnet, zone_of.get(subnet)) for subnet in options.subnets]
    if not where:
        where = [(None, zone) for zone in options.zones] or [(None, None)]
    if only_zone is not None:
        where = [(subnet, zone or only_zone) for subnet, zone in where if zone in (None, only_zone)]
    return tuple(
        Place(kind, market, subnet, zone)
        for market in options.markets
        for kind in options.types
        for subnet, zone in where
    )


def key(place: Mapping[str, Any]) -> str:
    """The name under which a place is remembered to have no room."""
    return "/".join(str(place.get(part) or "any") for part in ("type", "market", "subnet", "zone"))


def chosen(
    candidates: Sequence[Place], refused: Sequence[Mapping[str, Any]], remembered: Mapping[str, float], now: float
) -> Place | None:
    """The first place that had room lately; where none had, the one that was refused longest ago. None: all refused.

    `remembered` says when places were refused, in seconds since the epoch as `now`.
    `refused` are those that were for this very machine.
    """
    gone = {key(place) for place in refused}
    left = [place for place in candidates if key(asdict(place)) not in gone]
    since = {place: now - remembered.get(key(asdict(place)), -math.inf) for place in left}
    fresh = [place for place in left if since[place] >= REMEMBERED_SECONDS]
    return fresh[0] if fresh else max(left, key=since.__getitem__, default=None)
