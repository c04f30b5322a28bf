# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Turns what a run has claimed into the plain data that the playbooks carry from play to play."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ansible_collections.stackward.ops.plugins.plugin_utils import recipes, steps

from stackward import provider_choice, ssh
from stackward.definition.model import Instance, Layer, ProviderChoice, Stack
from stackward.engine.claiming import Claimed
from stackward.layers import checked_by_deploy, port_by_deploy
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import MEMBERS
from stackward.planner import Action, warm_start
from stackward.resources import membership
from stackward.rollout import actions, drift, turns
from stackward.rollout.contents import of_instance, part_of
from stackward.rollout.fronts import balancers, others_serve
from stackward.state.records import MachineRecord

SERVE_SECONDS = 60
"""How long a load balancer of the stack may take to find an instance well that has passed its own check."""

JOIN_SECONDS = 420
"""How long one of the provider's may: a network load balancer of AWS needs minutes before it begins to check, and a
classic one wants ten good answers, thirty seconds apart, unless it is told otherwise."""

EVENTS_OF = {
    Action.START: (Event.SETUP, Event.DEPLOY),
    Action.SETUP: (Event.SETUP, Event.DEPLOY),
    Action.STOP: (Event.SHUTDOWN,),
    Action.LEAVE: (Event.SHUTDOWN, Event.UNDEPLOY),
    Action.TERMINATE: (Event.SHUTDOWN,),
    Action.CONFIGURE: (Event.CONFIGURE,),
    Action.UNDEPLOY: (Event.UNDEPLOY,),
    Action.REBOOT: (),
    Action.REGISTER: (),
}


@dataclass(frozen=True)
class Taken:
    """One claimed instance, with what the stack file says of it."""

    stack: Stack
    claimed: Claimed
    instance: Instance | None
    """As in the file, None where it has left that."""
    layers: list[Layer]
    """Those that the move is about: the ones that are left, or all that the instance has or had."""
    left: tuple[str, ...]
    """The layers that it leaves by this move, by name."""
    departed: tuple[str, ...]
    """The apps that go with them."""
    machine: MachineRecord | None
    provider: ProviderChoice
    """What its machine was made by, and is reached by."""

    @property
    def move(self):
        """What is done with it."""
        return self.claimed.move


def entries(stack, done, contents=None):
    """Return by instance what the plays need to know of each that a round has claimed.

    C(stack) is as it is at work; C(contents) is what its layers would run now.
    """
    together = frozenset(claimed.move.instance for claimed in done.claimed)
    return {claimed.move.instance: _entry(_taken(stack, claimed), done, together, contents) for claimed in done.claimed}


def _taken(stack, claimed):
    instance = stack.instances.get(claimed.move.instance)
    left = drift.leaving(stack, claimed.record) if claimed.move.action is Action.LEAVE else ()
    if instance and not left:
        layers = stack.layers_of(instance)
    else:
        layers = [stack.layers[name] for name in left or claimed.record.layers if name in stack.layers]
    departed = drift.departed(stack, claimed.record) if left else ()
    machine = claimed.record.machine
    provider = provider_choice.choice(stack, claimed.move.instance, machine)
    return Taken(stack, claimed, instance, layers, left, departed, machine, provider)


def _entry(it, done, together, contents):
    stack, move = it.stack, it.move
    front, fronts = _balancers(it, done.state, together)
    spared = warm_start.left_out(stack, move, it.claimed.record, contents) if contents is not None else ()
    its_recipes = {event.value: listed(stack, it.layers, event, spared) for event in EVENTS_OF.get(move.action, ())}
    mounts = [volume.mount for volume in stack.volumes_of(it.instance)] if it.instance else []
    return {
        **_steps(it, done.state, front, fronts, its_recipes, mounts),
        "stack": stack.name,
        "file": stack.path,
        "digest": stack.digest,
        "run": done.run,
        "epoch": it.claimed.epoch,
        "actor": it.claimed.actor,
        "action": move.action.value,
        "initiated_by": move.initiator.value,
        "reason": move.reason,
        "was_online": move.state in MEMBERS,
        **_access(it),
        "leaves": list(it.left),
        "leaves_apps": bool(it.departed),
        "backends": list(it.departed) if it.left else ["*"],
        "unassigned": bool(it.left and not it.instance.layers),
        "mounts": mounts,
        "balancers": front,
        "fronts": fronts,
        "stopped": [name for name, live in done.state.deployments.items() if not live.running],
        **_limits(it.layers),
        "recipes": its_recipes,
        "spared": list(spared),
        "contents": _would_run(it, contents),
        "hooks": _hooks(it, contents),
        "ports": _ports(it),
        "commands": [_command(it, item) for item in it.claimed.commands],
    }


def _balancers(it, state, together):
    """Return what takes the instance out and in: the load balancers of the stack, and those of its provider."""
    if it.move.action is Action.DEPLOY and not others_serve(it.stack, state, _app(it), together):
        return [], []
    # Where it leaves layers and no app, nothing goes that requests are answered by.
    stays = bool(it.left) and not it.departed
    front = [] if stays else list(balancers(it.stack, state, it.move.instance, it.layers))
    if it.provider.type != it.stack.provider.type:
        return front, []
    return front, [str(item) for item in membership.in_front(it.stack, [layer.name for layer in it.layers])]


def _steps(it, state, front, fronts, its_recipes, mounts):
    """Return the steps of a deploy, a start or a Setup; other moves have tasks of their own."""
    if it.move.action is Action.DEPLOY:
        asked = it.claimed.commands[0]
        if turns.going_back(state, asked):
            return {"steps": []}
        app, bare = _app(it), actions.ACTION in asked.arguments
        recheck = bool(front) and not checked_by_deploy(it.stack, app, [layer.name for layer in it.layers])
        found = steps.of_deploy(it.stack, app, it.layers, front, fronts, listed, bare=bare, recheck=recheck)
        return {"steps": found}
    if it.move.action not in (Action.START, Action.SETUP):
        return {}
    starting = it.move.action is Action.START
    fronted = bool(fronts or (front and not starting))
    found = steps.of_setup(its_recipes, fronted, mounts, starting=starting, connection=it.provider.connection)
    if it.move.in_turn and it.claimed.record.apps:
        found = steps.served_before_the_next(found, front, fronts)
    return {"steps": found}


def _app(it):
    """Return the app that a deploy is of."""
    return it.stack.apps[it.claimed.commands[0].arguments["app"]]


def _access(it):
    """Return how Ansible gets to the machine, and whom one that somebody owns has to let in."""
    data = it.stack.data
    return {
        "address": it.machine.address if it.machine else None,
        "port": it.machine.port if it.machine else 22,
        "owned": it.provider.owned,
        "user": it.provider.user,
        "key": it.provider.options.get("key"),
        "connection": it.provider.connection.value,
        "windows": it.provider.windows,
        "admits": ssh.public_key(data) if it.provider.owned else None,
        "known_hosts": str(ssh.known_hosts(data)),
        "stack_key": str(ssh.private_key(data)),
    }


def _limits(layers):
    """Return for how many seconds each part of a move may take: the longest that one of the layers allows."""
    return {
        "drain_timeout": max((layer.drain_timeout for layer in layers), default=0),
        "front_timeout": max((layer.drain_timeout for layer in layers if layer.drain), default=0),
        "serve_timeout": SERVE_SECONDS,
        "join_timeout": JOIN_SECONDS,
        # Whole seconds, as Ansible wants them: a filter in a task costs each host's process some milliseconds.
        "event_timeout": math.ceil(max((layer.event_timeout for layer in layers), default=1800)),
        "shutdown_timeout": math.ceil(max((layer.shutdown_timeout for layer in layers), default=45)),
    }


def _hooks(it, contents):
    """Return, by app, the hooks that a deploy to the instance would run, to be recorded once it has."""
    if contents is None or it.instance is None:
        return {}
    return {app.name: dict(contents.hooks.get(app.name, {})) for app in it.stack.apps_of(it.instance)}


def _ports(it):
    """Return by app the ports of those that the move deploys to the instance: as they were before it, and after it.

    An app whose port no deploy gives is in neither.
    """
    deployed = ()
    if it.move.action is Action.DEPLOY:
        deployed = [_app(it)]
    elif it.move.action in (Action.START, Action.SETUP):
        deployed = it.stack.apps_of(it.instance)
    names = {app.name for app in deployed}
    before = {item.app: item.port for item in it.claimed.record.apps if item.app in names and item.port is not None}
    after = {app.name: port_by_deploy(it.stack, app, it.instance.layers) for app in deployed}
    return {"before": before, "after": {name: port for name, port in after.items() if port is not None}}


def _would_run(it, contents):
    """Return, by event, what will run on the instance, to be recorded once it has."""
    if contents is None:
        return {}
    asked = {command.event for command in it.claimed.commands if "recipes" not in command.arguments}
    events = [event for event in Event if event in EVENTS_OF.get(it.move.action, ()) or event.value in asked]
    if it.instance is None:
        return {event.value: contents.of([layer.name for layer in it.layers], event) for event in events}
    return {event.value: of_instance(it.stack, it.instance, contents, event) for event in events}


def listed(stack, layers, event, spared=()):
    """Return the recipes of an event for these layers, in the order of the stack file, but for those of C(spared)."""
    return [
        recipes.found(stack, recipe, event.value)
        for layer in layers
        for recipe in layer.recipes.get(event, ())
        if event is not Event.SETUP or part_of(recipe, layer) not in spared
    ]


def _command(it, item):
    """Return one asked-for command for the plays."""
    named = item.arguments.get("recipes")
    if named is None:
        named = listed(it.stack, it.layers, Event(item.event))
    return {"id": item.id, "event": item.event, "recipes": named, "arguments": dict(item.arguments)}
