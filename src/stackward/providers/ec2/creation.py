"""Launches an instance for a request, or finds the one that its token has launched already."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from stackward.errors import AttemptEndedError, ProviderError
from stackward.providers.base import Machine, MachineRequest
from stackward.providers.ec2 import (
    calls,
    launching,
    observation,
    placements,
    placing,
    region,
    tags,
    volumes,
    waiting,
)
from stackward.providers.ec2.answers import AT_BOOT, NO_ROOM_AFTER_ALL, Meaning
from stackward.providers.ec2.errors import CallError
from stackward.providers.ec2.instance import Instance
from stackward.providers.ec2.region import Region

_LOOKS = 6
_BETWEEN_LOOKS_SECONDS = 2.5


def create(place: Region, request: MachineRequest) -> Machine:
    """The running machine of the request, with its volumes. One that was stopped since is left as it is."""
    found = _known(place, request) or _launched(place, request)
    if observation.state_of(found) in ("stopping", "stopped"):
        return region.machine(place, found)
    found = _run(place, request, found)
    volumes.ensure(place.connection, request, place.options, found)
    return region.machine(place, found)


def launched(place: Region, tokens: Collection[str]) -> frozenset[str]:
    """The ids of the instances that the tokens have launched, whatever their tags; looks again while there is none."""
    filters = {"client-token": sorted(tokens), "instance-state-name": observation.LIVE}
    for look in range(_LOOKS):
        if look:
            place.connection.pause(_BETWEEN_LOOKS_SECONDS)
        found = calls.describe_instances(place.connection, filters)
        if found:
            return frozenset(item["InstanceId"] for item in found)
    return frozenset()


def _known(place: Region, request: MachineRequest) -> Instance | None:
    """The instance that the token has launched, or that of the known id where somebody has removed its tags.

    An instance that only bears the same tags is none: whoever may write tags could have put them there.
    """
    every = region.live(place, request.stack)
    mine = [item for item in every if tags.read(item).get(tags.INSTANCE) == request.instance]
    there = [item for item in mine if observation.state_of(item) != "shutting-down"]
    its = next((item for item in there if observation.token_of(item) == request.token), None)
    if its is not None:
        if tags.read(its).get(tags.PARAMETERS) != launching.digest(request):
            raise _other_parameters(request, its["InstanceId"])
        return its
    ours = _untagged(place, request)
    if ours is None and there:
        raise ProviderError(
            f"{request.instance} has a machine already: {there[0]['InstanceId']} "
            f"({observation.state_of(there[0])}), made for the token {observation.token_of(there[0])}. "
            "Terminate it before another is made; if it is none of this stack, take the tags stackward:… from it."
        )
    return ours


def _untagged(place: Region, request: MachineRequest) -> Instance | None:
    if request.machine_id is None:
        return None
    try:
        found = calls.describe_instance(place.connection, request.machine_id)
    except CallError as error:
        if error.meaning is not Meaning.MISSING:
            raise
        return None
    if observation.state_of(found) in ("shutting-down", "terminated"):
        return None
    return _tagged(place, request, found)


def _tagged(place: Region, request: MachineRequest, found: Instance) -> Instance:
    """The instance of the request with its tags, also where somebody has removed them."""
    ours = launching.parameters(request, place.options)["TagSpecifications"][0]["Tags"]
    wanted = {tag["Key"]: tag["Value"] for tag in ours}
    if not wanted.items() <= tags.read(found).items():
        calls.create_tags(place.connection, found["InstanceId"], wanted)
    return {**found, "Tags": tags.written({**tags.read(found), **wanted})}


def _launched(place: Region, request: MachineRequest) -> Instance:
    try:
        # A token that has launched one before gives that one, whatever has become of its tags.
        launched = calls.run_instances(place.connection, launching.parameters(request, place.options))
        return _tagged(place, request, launched)
    except CallError as error:
        if error.meaning is Meaning.MISMATCH:
            raise _other_parameters(request, "the one of that token") from None
        if error.meaning is Meaning.SPENT:
            raise AttemptEndedError(str(error), elsewhere=False) from None
        if error.meaning is Meaning.ELSEWHERE:
            raise _no_room(place, request, error) from None
        raise


def _run(place: Region, request: MachineRequest, found: Instance) -> Instance:
    try:
        return region.until(place, waiting.RUNNING, found["InstanceId"], request.instance)
    except waiting.WaitedInVainError as error:
        if error.state in ("shutting-down", "terminated"):
            code = str(error.last.get("StateReason", {}).get("Code"))
            if code in NO_ROOM_AFTER_ALL:
                raise _no_room(place, request, error) from None
            raise AttemptEndedError(f"{error}{AT_BOOT.get(code, '')}", elsewhere=False) from None
        if error.state in ("stopping", "stopped"):
            return cast("Instance", error.last)
        raise ProviderError(
            f"{error} Look at it in the console of AWS; ask for a start again to go on waiting for it, or terminate it."
        ) from None


def _no_room(place: Region, request: MachineRequest, error: ProviderError) -> AttemptEndedError:
    """What is said of a place without room, which is remembered."""
    place.refusals.add(placements.key(request.placement), place.clock())
    return AttemptEndedError(f"{placing.named(request.placement)}: {error}", elsewhere=True)


def _other_parameters(request: MachineRequest, which: str) -> ProviderError:
    return ProviderError(
        f"The token {request.token} of {request.instance} was used with other parameters ({which}). "
        "Terminate the instance, then start it."
    )
