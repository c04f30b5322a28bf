"""Disks that outlive a host: one named volume for each mount point of an instance."""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress

from stackward.errors import ProviderError
from stackward.providers.container import labels
from stackward.providers.container.engine import Engine
from stackward.providers.container.errors import NotFoundError


def name(stack: str, instance: str, mount: str) -> str:
    """The name of the volume for a mount point, different for different mount points."""
    plain = mount.strip("/")
    words = plain.replace("/", "-")
    if re.fullmatch(r"[A-Za-z0-9_./]+", plain) is None:
        words = f"{re.sub(r'[^A-Za-z0-9_.]+', '-', plain).strip('-')}-{hashlib.sha256(mount.encode()).hexdigest()[:8]}"
    return f"stackward-{stack}-{instance}-{words}"


def ensure(engine: Engine, stack: str, instance: str, mount: str) -> str:
    """The name of the volume for a mount point, made if it is not there.

    Raises ProviderError when a volume of that name belongs to somebody else.
    """
    volume = name(stack, instance, mount)
    try:
        described = json.loads(engine.run("volume", "inspect", volume, to=f"inspect the volume {volume}"))[0]
    except NotFoundError:
        marked = labels.arguments({labels.STACK: stack, labels.INSTANCE: instance})
        engine.run("volume", "create", *marked, volume, to=f"create the volume {volume}")
        return volume
    owner = described.get("Labels") or {}
    if (owner.get(labels.STACK), owner.get(labels.INSTANCE)) != (stack, instance):
        raise ProviderError(
            f"The volume {volume} is there already and is not {instance}'s of the stack {stack}. "
            f"Rename the stack or the instance, or remove it: {engine.name.value} volume rm {volume}."
        )
    return volume


def remove_one(engine: Engine, stack: str, instance: str, mount: str) -> None:
    """Remove the volume of a mount point, with its data. One that is gone is no error."""
    volume = name(stack, instance, mount)
    with suppress(NotFoundError):
        engine.run("volume", "rm", volume, to=f"remove the volume {volume}")


def remove(engine: Engine, stack: str) -> None:
    """Remove every volume of a stack, with its data."""
    every = ("volume", "ls", "--quiet", *labels.selecting(stack))
    for volume in engine.run(*every, to="list the volumes").split():
        with suppress(NotFoundError):
            engine.run("volume", "rm", volume, to=f"remove the volume {volume}")
