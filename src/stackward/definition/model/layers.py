"""A layer: instances with one job, and what is done about those that fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stackward.definition.baseline import Baseline
from stackward.definition.load_scaling import LoadScaling
from stackward.definition.model.checks import Check
from stackward.definition.model.machines import ProviderChoice, Volume
from stackward.definition.model.recipes import Recipe
from stackward.definition.resources import Ingress, LoadBalancer
from stackward.definition.schedule import Capacity
from stackward.lifecycle.events import Event
from stackward.lifecycle.health import Remedy


@dataclass(frozen=True, slots=True)
class Healing:
    """What is done about instances of a layer that fail.

    `after` is how many seconds they are silent first. `remedies` are tried in order, each longer after the one before
    (the first for `back_off` seconds), `tries` of them at most; then it is for a person. `share` is how much of the
    layer may be in healing at a time, of 1, and at least one instance may. `for_check` and `for_stop` say whether a
    failing check, and a machine that somebody else has stopped, are reasons to heal.
    """

    enabled: bool = True
    after: float = 300.0
    remedies: tuple[Remedy, ...] = (Remedy.CONFIGURE, Remedy.REBOOT, Remedy.RESTART)
    back_off: float = 60.0
    tries: int = 5
    share: float = 0.1
    check: Check | None = None
    for_check: bool = False
    for_stop: bool = False


@dataclass(frozen=True, slots=True)
class Pool:
    """Instances of a layer that are made when they are wanted and removed when they are not.

    `warm` of those that are not wanted are kept, stopped.
    """

    warm: int = 0


@dataclass(frozen=True, slots=True)
class Layer:
    """Instances with one job. `uses` names the built-in layer, None for a layer of the user's own.

    `start_ahead` is how many seconds before it is wanted an instance starts, None for as long as starts have taken.
    `provider` is the stack's with options of the layer's own, None where it has none. `load_balancers` are the
    provider's. `ingress` is what may reach the instances, None where nobody limits it;
    `open_by_default` adds what suits the stack.
    """

    name: str
    uses: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    recipes: Mapping[Event, tuple[Recipe, ...]] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    volumes: tuple[Volume, ...] = ()
    provider: ProviderChoice | None = None
    drain: bool = True
    drain_timeout: float = 30.0
    shutdown_timeout: float = 45.0
    event_timeout: float = 1800.0
    boot_timeout: float = 300.0
    healing: Healing = field(default_factory=Healing)
    capacity: tuple[Capacity, ...] = ()
    start_ahead: float | None = None
    load_scaling: LoadScaling | None = None
    pool: Pool | None = None
    baseline: Baseline = field(default_factory=Baseline)
    load_balancers: tuple[LoadBalancer, ...] = ()
    ingress: tuple[Ingress, ...] | None = None
    open_by_default: bool = False
