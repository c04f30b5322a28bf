"""`stackward plan`: what a converge would do now, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from stackward.cli import options
from stackward.cli.output import Form, console, plain, print_json, print_line

if TYPE_CHECKING:
    from stackward.cli.opening import Known
    from stackward.planner import Plan
    from stackward.providers.base import Provider
    from stackward.resources.change import Changes
    from stackward.scaling.by_load import ByLoad
    from stackward.scaling.combine import Decision
    from stackward.state.records import StackState

SOMETHING_TO_DO = 2
"""The exit code where a converge would change something."""


def plan(
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    instance: options.Instances = None,
    layer: options.Layers = None,
    allow_destroy: options.AllowDestroy = False,
    output: options.Output = Form.TEXT,
) -> None:
    """Show what converge would do now, and why; also what scale would ask for.

    Load balancers, security groups and the like are looked at where they are.

    Nothing is changed.
    Exits with 0 if there is nothing to do, with 2 if there is something.

    For example:
      stackward plan
      stackward plan --layer web
      stackward plan --output json
    """
    from stackward.cli.naming import Kind, check, targets
    from stackward.cli.opening import opened
    from stackward.cli.own_plugins import check_plugins
    from stackward.engine.certificates import notices
    from stackward.planner import Scope

    with opened(inventory, stack) as stacks:
        check([known.stack for known in stacks], Kind.INSTANCE, instance or ())
        check([known.stack for known in stacks], Kind.LAYER, layer or ())
        check_plugins([known.stack for known in stacks])
        now = datetime.now(UTC)
        found = []
        for known in stacks:
            names = targets(known.stack, instance or (), layer or ())
            state = known.state()
            scaling = known.scaling(state, now)
            decision = scaling.narrowed(names)
            its = known.plan(state, now, Scope(names))
            seen = _resources(known, state, allow_destroy=allow_destroy)
            told = notices(known.stack, now)
            found.append(_Looked(known, state, its, decision, scaling.load, seen, told))
    if output is Form.JSON:
        print_json({"at": now, "stacks": [_data(item) for item in found]})
    else:
        for item in found:
            _say(item)
    if not all(item.nothing_to_do for item in found):
        raise typer.Exit(SOMETHING_TO_DO)


class _Seen(NamedTuple):
    """What is to change about resources, or why nobody could look."""

    changes: Changes
    failure: str = ""


@dataclass(frozen=True, slots=True)
class _Looked:
    """What a look at one stack has found. `certificates` is what is to be known of those of apps."""

    known: Known
    state: StackState
    its: Plan
    decision: Decision
    load: ByLoad
    seen: _Seen
    certificates: tuple[str, ...]

    @property
    def nothing_to_do(self) -> bool:
        """Whether a converge would change nothing."""
        return self.its.empty and self.seen.changes.empty


def _resources(known: Known, state: StackState, *, allow_destroy: bool) -> _Seen:
    from stackward import providers
    from stackward.engine import resourcing
    from stackward.errors import ProviderError
    from stackward.resources.change import Changes

    stack = known.stack

    def load() -> Provider:
        return providers.load(stack.provider, stack=stack)

    try:
        return _Seen(resourcing.look(stack, known.resources(), lambda: state, load, allow_destroy=allow_destroy))
    except ProviderError as error:
        return _Seen(Changes(), f"nobody can look at its resources: {error}")


def _data(looked: _Looked) -> dict[str, Any]:
    from stackward.rollout.drift import drift
    from stackward.scaling.load.evaluation import as_data

    found = {
        "name": looked.known.stack.name,
        "generation": looked.state.generation,
        "nothing_to_do": looked.nothing_to_do,
        **plain(looked.its),
    }
    layers = {
        name: {
            **as_data(item.evaluation),
            "enforced": item.enforced,
            "starts": plain(item.starts),
            "stops": plain(item.stops),
        }
        for name, item in looked.load.layers.items()
    }
    drifts = drift(looked.known.stack, looked.state, looked.known.contents())
    resources = {**plain(looked.seen.changes), **({"failure": looked.seen.failure} if looked.seen.failure else {})}
    return {
        **found,
        "drift": drifts,
        "scaling": plain(looked.decision),
        "load": layers,
        "resources": resources,
        "certificates": looked.certificates,
    }


def _say(looked: _Looked) -> None:
    from stackward.planner.warm_start import spared
    from stackward.presentation.plan import plan_lines
    from stackward.presentation.resources import resource_lines
    from stackward.presentation.scaling import load_lines, scaling_lines

    screen = console()
    stack, state, seen = looked.known.stack, looked.state, looked.seen
    idle = f"{stack.name}: nothing to do"
    contents = looked.known.contents()
    its_lines = plan_lines(stack, looked.its, state, contents)
    warm = {name: spared(stack, record, contents) for name, record in state.instances.items()}
    lines = (
        *(f"{stack.name}: {notice}" for notice in looked.certificates),
        *resource_lines(stack, seen.changes),
        *([f"{stack.name}: {seen.failure}"] if seen.failure else []),
        *(line for line in its_lines if line != idle or seen.changes.empty),
        *load_lines(stack, looked.load),
        *scaling_lines(stack, looked.decision, warm),
    )
    for line in lines:
        print_line(screen, line, 4)
