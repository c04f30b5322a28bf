# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shows in check mode what a look would do in one stack, and claims nothing."""

from __future__ import annotations

import dataclasses

from ansible_collections.stackward.ops.plugins.plugin_utils import claims, rounds, session

from stackward.engine import contents
from stackward.engine.claiming import Claimed, Round
from stackward.engine.imagining import look_ahead
from stackward.engine.phases import Phase
from stackward.lifecycle.states import State
from stackward.planner import Action, Move

ON_ITS_HOST = (Action.RUN, Action.REFRESH, Action.DEPLOY, Action.CONFIGURE)
"""What online instances run in check mode too; for anything else there is no host to look at."""


def add(look, found, phase, stack, scope):
    """Add to what is found what can be looked at on hosts that are online."""
    now = session.now()
    state = session.store_of(stack).snapshot(stack.name)
    asked = look.imagined.get(stack.name, {"want": "", "arguments": {}})
    plan, state = look_ahead(stack, state, scope, asked["want"], asked["arguments"], now)
    if phase is Phase.MOVE and not look.begun:
        claims.say(stack, plan, state, contents.contents(stack, session.role_places()))
    found.changed = found.changed or bool(plan.configure or (phase is Phase.MOVE and (plan.moves or plan.waiting)))
    commands = {command.id: command for command in (*state.commands, *plan.asked)}
    moves = (*plan.moves, *_later(plan, commands)) if phase is Phase.MOVE else plan.configure
    shown = tuple(_shown(move, state, commands) for move in moves if move.action in ON_ITS_HOST)
    found.instances.update(rounds.entries(stack, Round(0, shown, plan, state)))
    for it in shown:
        found.reached[it.move.instance] = claims.reached(stack, it.move.instance, it.record.machine)


def _shown(move, state, commands):
    """Return a move as if it were claimed. All but a Configure is shown by what it would run on its host."""
    seen = move if move.action is Action.CONFIGURE else dataclasses.replace(move, action=Action.RUN)
    asked = tuple(commands[number] for number in move.commands)
    return Claimed(seen, 0, "check mode", state.instances[move.instance], asked)


def _later(plan, commands):
    """Return what is done once it is the turn of a batch."""
    return [
        Move(item.instance, item.action, State.ONLINE, commands[item.command].initiator, "", (item.command,))
        for item in plan.waiting
    ]
