"""What hosts have without a recipe, by the stack file: people, packages, services, cron jobs, settings of the system.

Every part says all that there must be, so that what has left the file leaves the host with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from stackward.layers.baseline.clock import clock
from stackward.layers.baseline.cron import cron
from stackward.layers.baseline.limits import limits
from stackward.layers.baseline.logs import logs
from stackward.layers.baseline.packages import packages
from stackward.layers.baseline.people import people
from stackward.layers.baseline.services import services
from stackward.layers.baseline.sysctl import sysctl
from stackward.layers.baseline.updates import updates
from stackward.layers.context import LayerContext
from stackward.layers.resources import Resource
from stackward.lifecycle.events import Event

_EVENTS = (Event.SETUP, Event.CONFIGURE)
_BEFORE = (updates, people, sysctl, limits)
_AFTER = (packages, clock, services, cron, logs)


def before_layers(contexts: Sequence[LayerContext]) -> tuple[Resource, ...]:
    """Return what the instance must be before the built-in parts of its layers. `contexts` are those of all of them."""
    return tuple(resource for part in _BEFORE for resource in part(contexts)) if _applies(contexts) else ()


def after_layers(contexts: Sequence[LayerContext]) -> tuple[Resource, ...]:
    """Return what the instance must be after them. A package that a layer has installed is the layer's own."""
    return tuple(resource for part in _AFTER for resource in part(contexts)) if _applies(contexts) else ()


def nothing() -> tuple[Resource, ...]:
    """Return that nothing of all that may be left, but for packages: what is in use by now is not for us to tell."""
    return tuple(resource for part in (people, sysctl, limits, clock, services, cron, logs) for resource in part(()))


def _applies(contexts: Sequence[LayerContext]) -> bool:
    return bool(contexts) and contexts[0].event in _EVENTS
