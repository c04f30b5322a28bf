# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Turns what a run has claimed into the plain data that the playbooks carry from play to play."""

from __future__ import annotations

import math

from ansible_collections.stackward.ops.plugins.plugin_utils import recipes, steps

from stackward import provider_choice, ssh
from stackward.layers import checked_by_deploy, port_by_deploy
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import MEMBERS
from stackward.planner import Action, warm_start
from stackward.resources import membership
from stackward.rollout import actions, drift, turns
from stackward.rollout.contents import of_instance, part_of
from stackward.rollout.fronts import balancers, others_serve

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


def entry(stack, state, claimed, actor, run, together=frozenset(), contents=None):
    """Return what the plays need to know of one claimed instance.

    C(together) are those claimed with it; C(contents) is what the stack's layers would run now.
    """
    move = claimed.move
    instance = stack.instances.get(move.instance)
    left = drift.leaving(stack, claimed.record) if move.action is Action.LEAVE else ()
    layers = _layers(stack, instance, claimed, left)
    machine = claimed.record.machine
    its = provider_choice.choice(stack, move.instance, machine)
    front = list(balancers(stack, state, move.instance, layers))
    reached = its.type == stack.provider.type
    fronts = [str(item) for item in membership.in_front(stack, [layer.name for layer in layers])] if reached else []
    departed = drift.departed(stack, claimed.record) if left else ()
    if left and not departed:
        # Nothing goes that requests are answered by, and its other apps answer on.
        front = []
    spared = warm_start.left_out(stack, move, claimed.record, contents) if contents is not None else ()
    its_recipes = {event.value: listed(stack, layers, event, spared) for event in EVENTS_OF.get(move.action, ())}
    mounts = [volume.mount for volume in stack.volumes_of(instance)] if instance else []
    deploying = {}
    if move.action is Action.DEPLOY:
        asked = claimed.commands[0]
        app = stack.apps[asked.arguments["app"]]
        if not others_serve(stack, state, app, together):
            front, fronts = [], []
        back = turns.going_back(state, asked)
        of_app = steps.of_deploy(
            stack,
            app,
            layers,
            front,
            fronts,
            listed,
            bare=actions.ACTION in asked.arguments,
            recheck=bool(front) and not checked_by_deploy(stack, app, [layer.name for layer in layers]),
        )
        deploying = {"steps": [] if back else of_app}
    elif move.action in (Action.START, Action.SETUP):
        starting = move.action is Action.START
        fronted = bool(fronts or (front and not starting))
        deploying = {
            "steps": steps.of_setup(its_recipes, fronted, mounts, starting=starting, connection=its.connection)
        }
        if move.in_turn and claimed.record.apps:
            deploying["steps"] = steps.served_before_the_next(deploying["steps"], front, fronts)
    return {
        **deploying,
        "stack": stack.name,
        "file": stack.path,
        "digest": stack.digest,
        "run": run,
        "epoch": claimed.epoch,
        "actor": actor,
        "action": move.action.value,
        "initiated_by": move.initiator.value,
        "reason": move.reason,
        "was_online": move.state in MEMBERS,
        **_access(stack, its, machine),
        "leaves": list(left),
        "leaves_apps": bool(departed),
        "backends": list(departed) if left else ["*"],
        "unassigned": bool(left and not instance.layers),
        "mounts": mounts,
        "balancers": front,
        "fronts": fronts,
        "stopped": [name for name, live in state.deployments.items() if not live.running],
        **_limits(layers),
        "recipes": its_recipes,
        "spared": list(spared),
        "contents": would_run(stack, instance, layers, claimed, contents),
        "hooks": hooks(stack, instance, contents),
        "ports": ports(stack, instance, claimed),
        "commands": [command(stack, layers, item) for item in claimed.commands],
    }


def _layers(stack, instance, claimed, left):
    """Return the layers that a move is about: those that are left, or all that the instance has or had."""
    if instance and not left:
        return stack.layers_of(instance)
    return [stack.layers[name] for name in left or claimed.record.layers if name in stack.layers]


def _access(stack, its, machine):
    """Return how Ansible gets to the machine, and whom one that somebody owns has to let in."""
    return {
        "address": machine.address if machine else None,
        "port": machine.port if machine else 22,
        "owned": its.owned,
        "user": its.user,
        "key": its.options.get("key"),
        "connection": its.connection.value,
        "windows": its.windows,
        "admits": ssh.public_key(stack.data) if its.owned else None,
        "known_hosts": str(ssh.known_hosts(stack.data)),
        "stack_key": str(ssh.private_key(stack.data)),
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


def hooks(stack, instance, contents):
    """Return, by app, the hooks that a deploy to the instance would run, to be recorded once it has."""
    if contents is None or instance is None:
        return {}
    return {app.name: dict(contents.hooks.get(app.name, {})) for app in stack.apps_of(instance)}


def ports(stack, instance, claimed):
    """Return by app the ports of those that the move deploys to the instance: as they were before it, and after it.

    An app whose port no deploy gives is in neither.
    """
    deployed = ()
    if claimed.move.action is Action.DEPLOY:
        deployed = [stack.apps[claimed.commands[0].arguments["app"]]]
    elif claimed.move.action in (Action.START, Action.SETUP):
        deployed = stack.apps_of(instance)
    names = {app.name for app in deployed}
    after = {app.name: port_by_deploy(stack, app, instance.layers) for app in deployed}
    return {
        "before": {item.app: item.port for item in claimed.record.apps if item.app in names and item.port is not None},
        "after": {name: port for name, port in after.items() if port is not None},
    }


def would_run(stack, instance, layers, claimed, contents):
    """Return, by event, what will run on the instance, to be recorded once it has."""
    if contents is None:
        return {}
    asked = {command.event for command in claimed.commands if "recipes" not in command.arguments}
    events = [event for event in Event if event in EVENTS_OF.get(claimed.move.action, ()) or event.value in asked]
    if instance is None:
        return {event.value: contents.of([layer.name for layer in layers], event) for event in events}
    return {event.value: of_instance(stack, instance, contents, event) for event in events}


def listed(stack, layers, event, spared=()):
    """Return the recipes of an event for these layers, in the order of the stack file, but for those of C(spared)."""
    return [
        recipes.found(stack, recipe, event.value)
        for layer in layers
        for recipe in layer.recipes.get(event, ())
        if event is not Event.SETUP or part_of(recipe, layer) not in spared
    ]


def command(stack, layers, item):
    """Return one asked-for command for the plays."""
    named = item.arguments.get("recipes")
    if named is None:
        named = listed(stack, layers, Event(item.event))
    return {"id": item.id, "event": item.event, "recipes": named, "arguments": dict(item.arguments)}
