"""Spot instances that AWS takes back: by its own word, in the two minutes in which they still run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackward.providers.ec2 import calls, placements
from stackward.providers.ec2.region import Region

NOTICES = ("instance-terminated-no-capacity", "instance-terminated-by-price", "marked-for-termination")
"""The status of a spot request from the notice on (EC2 user guide, "State changes for a Spot request").

Where AWS needs the room of an instance that it terminates, it is "terminated" at once, and the instance still runs for
two minutes.
"""


def reclaimed(region: Region, places: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The instances that AWS takes back, by id, with what it says. One call for all, and none where none is spot.

    Their places are remembered to have no room, as AWS needs it itself (Karpenter does so too).
    """
    spot = {machine: place for machine, place in places.items() if place.get("market") == "spot"}
    if not spot:
        return {}
    found = {}
    for item in calls.describe_spot_instance_requests(region.connection, {"status-code": NOTICES}):
        machine, status = item.get("InstanceId", ""), item["Status"]
        if machine in spot:
            since = status["UpdateTime"]
            found[machine] = f"AWS takes the spot machine {machine} back ({status['Code']} since {since:%H:%M:%S} UTC)"
            _full(region, placements.key(spot[machine]), since.timestamp())
    return found


def _full(region: Region, place: str, at: float) -> None:
    """Remember that a place has had no room since the notice, unless it was found full after it."""
    if at > region.refusals.known().get(place, 0.0):
        region.refusals.add(place, at)
