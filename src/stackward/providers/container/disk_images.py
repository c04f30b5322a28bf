"""Disks of hosts that are kept as images, labelled with whose they are, for as long as the host is there."""

from __future__ import annotations

from contextlib import suppress

from stackward.providers.container import labels
from stackward.providers.container.engine import Engine
from stackward.providers.container.errors import NotFoundError

_COMMIT = 600.0
"""How many seconds the disk of a host may take to become an image."""


def keep(engine: Engine, stack: str, instance: str, container: str) -> str:
    """The disk of a stopped host as an image; its reference."""
    reference = f"localhost/stackward-{stack}-{instance}:disk"
    whose = {labels.STACK: stack, labels.INSTANCE: instance}
    changes = [part for key, value in whose.items() for part in ("--change", f"LABEL {key}={value}")]
    engine.run("commit", *changes, container, reference, to=f"keep the disk of {instance}", timeout=_COMMIT)
    return reference


def remove(engine: Engine, stack: str, instance: str | None = None) -> None:
    """Remove the images of an instance, or of the whole stack, once no host has them any more."""
    chosen = [*labels.selecting(stack)]
    if instance is not None:
        chosen += ["--filter", f"label={labels.INSTANCE}={instance}"]
    for image in dict.fromkeys(engine.run("images", "--quiet", *chosen, to="list the images of disks").split()):
        with suppress(NotFoundError):
            engine.run("rmi", image, to=f"remove the image {image}")
