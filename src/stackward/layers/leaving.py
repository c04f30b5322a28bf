"""What is taken away from a host whose instance leaves a layer, and from one that Stackward lets go of for good."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stackward.definition.model import Layer
from stackward.layers import BUILT_IN, baseline, built_in
from stackward.layers.agent import agent_gone
from stackward.layers.base import ATTRIBUTES
from stackward.layers.monitoring import no_exporter
from stackward.layers.resources import Absent, Block, Resource, Service


def leaving(left: Sequence[Layer], kept: Iterable[Layer]) -> tuple[Resource, ...]:
    """Return what ends the services of these layers, but for those that a layer which is kept has too.

    Packages, settings and data stay: a layer that is given again takes them up.
    """
    needed = {unit for layer in kept for unit in built_in(layer).units}
    # What a layer that has left the file used may be something that only an earlier Stackward had.
    known = [layer for layer in left if layer.uses is None or layer.uses in BUILT_IN]
    units = dict.fromkeys(unit for layer in known for unit in built_in(layer).units if unit not in needed)
    return tuple(Service(name=f"{unit} is not needed any more", unit=unit, running=False) for unit in units)


def farewell() -> tuple[Resource, ...]:
    """Return what takes away all that Stackward itself has put on a host: agent, people, cron jobs, settings, names.

    The exporter of a monitored stack becomes again what it was.

    What layers and recipes have installed stays, and so do apps.
    """
    return (
        *agent_gone(),
        *baseline.nothing(),
        *no_exporter(),
        Block(name="names of peers", path="/etc/hosts", marker="peers", present=False),
        Absent(name="attribute document", path=ATTRIBUTES),
    )
