"""A layer of a stack on trial: its policy, others beside it, on the same demand and the same machines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stackward.definition.load_scaling import CPU, LoadScaling
from stackward.definition.model import Instance, InstanceType, Layer, Stack
from stackward.errors import StackwardError
from stackward.scaling.load.conditions import Rules
from stackward.scaling.load.decision import metrics_of
from stackward.simulator.load.controllers import Controller, Stackward
from stackward.simulator.load.demand import Demand
from stackward.simulator.load.hpa import HorizontalPodAutoscaler
from stackward.simulator.load.machines import Habits
from stackward.simulator.load.opsworks import OpsWorks
from stackward.simulator.load.running import Outcome, Setting, simulate

BASELINES = ("opsworks", "hpa")
"""What a policy can be compared with."""

_BREACH = 80.0
_TARGET = 55.0


class TrialError(StackwardError):
    """There is nothing to simulate; the message says why."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A policy and what it is called."""

    name: str
    policy: LoadScaling


def scaled_layer(stack: Stack, name: str | None) -> Layer:
    """Return the layer to simulate: the one of this name, or the only one that scales. Raises TrialError."""
    scaled = [layer.name for layer in stack.layers.values() if layer.load_scaling is not None]
    if name is not None and name not in scaled:
        known = ", ".join(scaled) or "none does"
        raise TrialError(f"{stack.path}: no layer {name!r} scales by load; those that do: {known}.")
    if not scaled:
        raise TrialError(f"{stack.path}: no layer scales by load; add scaling: {{load: {{…}}}} to one.")
    if name is None and len(scaled) > 1:
        raise TrialError(f"{stack.path}: several layers scale by load ({', '.join(scaled)}); name one with --layer.")
    return stack.layers[name or scaled[0]]


def policy_of(layer: Layer) -> LoadScaling:
    """Return the policy of a layer that scales."""
    if layer.load_scaling is None:
        raise TrialError(f"The layer {layer.name!r} does not scale by load.")
    return layer.load_scaling


def setting(stack: Stack, layer: Layer, policies: Iterable[LoadScaling], habits: Habits, seed: int) -> Setting:
    """Return what is simulated. Its limit is the CPU from which the layer's own policy adds, 80 % where it has none."""
    policy = policy_of(layer)
    metrics = metrics_of(Rules.of(each) for each in policies)
    return Setting(
        {instance.name: instance.type for instance in members(stack, layer)},
        policy.minimum,
        policy.maximum,
        policy.up.thresholds.get(CPU, _BREACH),
        tuple(dict.fromkeys((CPU, *metrics))),
        habits,
        seed,
    )


def members(stack: Stack, layer: Layer) -> list[Instance]:
    """Return the instances of a layer that a simulation has: those that always run and those that run by load."""
    return [
        instance
        for instance in stack.instances.values()
        if layer.name in instance.layers and instance.type in (InstanceType.ALWAYS, InstanceType.LOAD)
    ]


def compared(
    candidates: Iterable[Candidate], baselines: Iterable[str], demand: Demand, its: Setting
) -> Iterator[Outcome]:
    """Yield what comes of each policy, then of each baseline with the numbers of the first policy."""
    first: LoadScaling | None = None
    for candidate in candidates:
        first = first or candidate.policy
        yield simulate(Stackward(Rules.of(candidate.policy), candidate.name), demand, its)
    for name in baselines:
        if first is not None:
            yield simulate(_baseline(name, first), demand, its)


def _baseline(name: str, policy: LoadScaling) -> Controller:
    return OpsWorks(policy) if name == "opsworks" else HorizontalPodAutoscaler(policy, hpa_target(policy))


def hpa_target(policy: LoadScaling) -> float:
    """Return the CPU target that stands for a policy: its own, or the middle of its thresholds."""
    if policy.target is not None and CPU in policy.target.values:
        return policy.target.values[CPU]
    ends = (policy.up.thresholds.get(CPU), policy.down.thresholds.get(CPU))
    if ends[0] is None or ends[1] is None:
        return _TARGET
    return (ends[0] + ends[1]) / 2
