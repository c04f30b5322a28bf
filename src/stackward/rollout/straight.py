"""Which deploys are one call on each host: a release with its check, with nothing before or after it."""

from __future__ import annotations

from stackward.definition.model import Stack
from stackward.lifecycle.events import Event
from stackward.resources import membership
from stackward.rollout import actions
from stackward.rollout.fronts import balancers
from stackward.rollout.turns import going_back, rolling
from stackward.state.records import Command, StackState


def winding(stack: Stack, state: StackState) -> frozenset[str]:
    """The instances on which a deploy that is asked for takes more than one call."""
    return frozenset(
        command.instance for command in state.commands if rolling(command) and not straight(stack, state, command)
    )


def straight(stack: Stack, state: StackState, asked: Command) -> bool:
    """Whether a command of a rollout is carried out by one call on its host."""
    app = stack.apps.get(asked.arguments["app"])
    instance = stack.instances.get(asked.instance)
    if app is None or instance is None or going_back(state, asked):
        return False
    layers = stack.layers_of(instance)
    own = app.deploy.hooks or any(layer.recipes.get(Event.DEPLOY) for layer in layers)
    fronts = balancers(stack, state, asked.instance, layers)
    fronted = fronts or membership.in_front(stack, [layer.name for layer in layers])
    return not fronted and (not own or actions.ACTION in asked.arguments)
