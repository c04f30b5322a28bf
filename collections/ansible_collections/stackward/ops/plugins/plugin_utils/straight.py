# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which deploys are one call on each host: a release with its check, with nothing before or after it."""

from __future__ import annotations

from ansible_collections.stackward.ops.plugins.plugin_utils import rounds, session

from stackward.engine import rollouts
from stackward.lifecycle.events import Event
from stackward.resources import membership
from stackward.rollout import actions, turns


def kept(scope, stacks):
    """Return those instances, by stack, on which every rollout's deploy is one call."""
    found = {}
    for name, names in scope.items():
        state = session.store_of(stacks[name]).snapshot(name)
        winding = {
            command.instance
            for command in state.commands
            if turns.rolling(command) and not straight(stacks[name], state, command)
        }
        found[name] = [item for item in names if item not in winding]
    return found


def left_out(scope, stacks):
    """Return the instances on which it is more than one."""
    there = kept(scope, stacks)
    return {name for stack, names in scope.items() for name in names if name not in there[stack]}


def straight(stack, state, asked):
    """Return whether a command of a rollout is carried out by one call on its host."""
    app = stack.apps.get(asked.arguments["app"])
    instance = stack.instances.get(asked.instance)
    if app is None or instance is None or rollouts.going_back(state, asked):
        return False
    layers = stack.layers_of(instance)
    own = app.deploy.hooks or any(layer.recipes.get(Event.DEPLOY) for layer in layers)
    front = rounds.balancers(stack, state, asked.instance, layers)
    front = front or membership.in_front(stack, [layer.name for layer in layers])
    return not front and (not own or actions.ACTION in asked.arguments)
