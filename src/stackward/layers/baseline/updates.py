"""Updates of the distribution's packages, where a layer wants them at boot."""

from __future__ import annotations

from collections.abc import Sequence

from stackward.layers.context import LayerContext
from stackward.layers.resources import Resource, Updates
from stackward.lifecycle.events import Event


def updates(contexts: Sequence[LayerContext]) -> tuple[Resource, ...]:
    """Return the updates of an instance in Setup, if one of its layers wants them."""
    wanted = any(context.layer.baseline.update_at_boot for context in contexts)
    return (Updates(name="updates"),) if wanted and contexts[0].event is Event.SETUP else ()
