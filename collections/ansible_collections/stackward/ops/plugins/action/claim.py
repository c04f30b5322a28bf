# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decides what to do and claims the instances for it."""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.stackward.ops.plugins.plugin_utils import (
    closing,
    resources,
    rounds,
    session,
    straight,
    targeting,
    workers,
)

from stackward.engine import contents, process, rollouts
from stackward.engine.claiming import Claimed, Phase, claim, preview
from stackward.engine.imagining import imagined
from stackward.errors import StackwardError
from stackward.lifecycle.states import State
from stackward.planner import Action, Move, Scope, decide
from stackward.presentation.plan import plan_lines
from stackward.rollout.sequence import sequence

PATIENCE_SECONDS = 30.0
POLL_SECONDS = 0.5

ROOM_SECONDS = 600.0
"""How long a batch waits for those of its layers that are healed or stopped at the moment."""

workers.prepare()


class ActionModule(ActionBase):
    """Decide and claim."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Claim for every stack of the inventory; in check mode only show the plan."""
        self._owner = process.owner(os.getppid())
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(
            argument_spec={
                "phase": {"type": "str", "required": True, "choices": [phase.value for phase in Phase]},
                "scope": {"type": "dict"},
                "stack": {"type": "str"},
                "instance": {"type": "list", "elements": "str"},
                "layer": {"type": "list", "elements": "str"},
                "kind": {"type": "str", "default": "converge"},
                "runs": {"type": "dict", "default": {}},
                "batch": {"type": "list", "elements": "str", "default": []},
                "rolled": {"type": "dict", "default": {}},
                "straight": {"type": "bool", "default": False},
                "imagined": {"type": "dict", "default": {}},
                "allow_destroy": {"type": "bool", "default": False},
                "problems": {"type": "list", "elements": "str", "default": []},
            }
        )
        instances, runs, rolling, winding = {}, {}, [], set()
        rolled = {name: list(numbers) for name, numbers in arguments["rolled"].items()}
        try:
            stacks = session.stacks_in(task_vars)
            if any(arguments[kind] for kind in ("stack", "instance", "layer")):
                asked = {stack.name: targeting.names(arguments, stack) for stack in targeting.chosen(arguments, stacks)}
                arguments["scope"] = arguments["scope"] or asked
            phase = Phase(arguments["phase"])
            if phase is Phase.DEPLOY:
                arguments["scope"] = _by_stack(arguments["batch"], stacks)
                if arguments["straight"]:
                    arguments["scope"] = straight.kept(arguments["scope"], stacks)
            problems = []
            if phase is Phase.MOVE:
                problems = resources.keep(self, stacks, arguments, runs)
            kept = bool(runs)
            self._look(phase, stacks, arguments, instances, runs, rolling, rolled)
            if phase is Phase.MOVE and rolling:
                winding = straight.left_out(_by_stack(_names(rolling), stacks), stacks)
            # Releases move nobody in or out: whether a Configure is due then is seen by the look that follows anyway.
            worked = any(entry["action"] != Action.REFRESH.value for entry in instances.values())
            if phase is Phase.MOVE and not instances and not rolling:
                # Nothing moves, so what is due now is all that will be due: no second decision is needed.
                self._look(Phase.CONFIGURE, stacks, arguments, instances, runs, [], rolled)
            runs = {**arguments["runs"], **runs}
            if phase is Phase.MOVE and runs and not instances and not rolling:
                # A look that finds no more work is the last one; a play to say so would cost as much as one with work.
                closing.close(stacks, runs, end=True)
                closing.complain(stacks, rolled, problems)
                runs = {}
            elif phase is Phase.MOVE and not runs:
                closing.complain(stacks, {}, problems)
        except StackwardError as error:
            raise AnsibleActionFail(str(error)) from error
        deploying = {"deploy" if winding else "deploy_straight": _names(rolling)}
        unlisted = [name for name in instances if name not in task_vars["groups"]["all"]]
        return {
            **result,
            "changed": bool(instances) or kept,
            "instances": instances,
            "runs": runs,
            "batches": [len(batch) for batch in rolling],
            "rolled": rolled,
            "problems": problems if phase is Phase.MOVE else arguments["problems"],
            "unlisted": unlisted,
            "plays": rounds.plays(instances, runs, deploying, unlisted, worked=worked),
        }

    def _look(self, phase, stacks, arguments, instances, runs, rolling, rolled):
        """Claim in every stack what belongs to the phase. Everybody is told of a change, whoever asked for it."""
        asked = arguments["scope"] if phase is not Phase.CONFIGURE or self._task.check_mode else None
        for stack in stacks.values():
            if asked is not None and stack.name not in asked:
                continue
            scope = Scope(None if asked is None else frozenset(asked[stack.name]))
            run = runs.get(stack.name, arguments["runs"].get(stack.name))
            run = self._claim(stack, scope, phase, arguments, run, instances, rolling, rolled)
            if run is not None:
                runs[stack.name] = run

    def _claim(self, stack, scope, phase, arguments, run, instances, rolling, rolled):
        store = session.store_of(stack)
        if self._task.check_mode:
            self._imagine(stack, store, arguments, scope, phase, instances)
            return run
        if phase is Phase.MOVE and scope.instances is not None and stack.name not in arguments["runs"]:
            self._wait(stack, store, scope)
        if phase is Phase.DEPLOY:
            self._wait_for_room(stack, store, scope, run)
        self._check_that_the_run_lasts()
        done = claim(
            store,
            stack,
            lambda: Path(stack.path).read_text(encoding="utf-8"),
            scope,
            phase,
            self._owner,
            kind=arguments["kind"],
            run=run,
            now=session.now(),
        )
        # Who has changed resources, or has moved somebody before, did have something to do.
        says = phase is Phase.MOVE and not (done.plan.empty and run is not None)
        would_run = contents.contents(stack, session.role_places()) if says or done.claimed else None
        if says:
            self._say(stack, done.plan, done.state, would_run)
        together = frozenset(claimed.move.instance for claimed in done.claimed)
        for claimed in done.claimed:
            actor = done.state.claims[claimed.move.instance].owner
            instances[claimed.move.instance] = rounds.entry(
                stack, done.state, claimed, actor, done.run, together, would_run
            )
        if phase is Phase.MOVE:
            self._roll(stack, done, scope, rolling, rolled)
        return done.run

    @staticmethod
    def _roll(stack, done, scope, rolling, rolled):
        """Add the batches of the stack's rollouts to those of other stacks: the first ones go together."""
        state = done.state
        left = [
            command
            for command in state.commands
            if command.batch in state.rollouts
            and command.instance in stack.instances
            and scope.covers(command.instance)
            and state.instances[command.instance].state is State.ONLINE
        ]
        for place, batch in enumerate(sequence(left)):
            if place == len(rolling):
                rolling.append([])
            rolling[place].extend(batch)
        numbers = {state.rollouts[command.batch].id for command in left}
        if numbers:
            rolled[stack.name] = sorted({*rolled.get(stack.name, []), *numbers})

    def _check_that_the_run_lasts(self):
        """Stop where ansible-playbook has been killed: its workers outlive it, and nobody would end what they claim."""
        if os.getppid() != self._owner.process:
            raise StackwardError("The run that this belongs to was killed, so nothing is claimed for it.")

    def _wait(self, stack, store, scope):
        """Give other runs some time to let go of what was asked for; they look at requests before they do."""
        deadline, told = time.monotonic() + PATIENCE_SECONDS, None
        while time.monotonic() < deadline:
            plan, _state = preview(store, stack, scope, session.now())
            held = {item.instance: item.claim.owner for item in plan.held if scope.covers(item.instance)}
            if not held:
                return
            if held != told:
                names = ", ".join(f"{name} (held by {owner})" for name, owner in held.items())
                self._display.display(f"{stack.name}: waiting up to {PATIENCE_SECONDS:.0f} s for {names}")
                told = held
            time.sleep(POLL_SECONDS)
            self._check_that_the_run_lasts()

    def _wait_for_room(self, stack, store, scope, run):
        """Give healing and scaling the time to end with those that the batch may not be down beside."""
        deadline, told = time.monotonic() + ROOM_SECONDS, ""
        while time.monotonic() < deadline:
            plan, _state = preview(store, stack, scope, session.now(), self._owner, run)
            why = next((item.why for item in plan.waiting if item.why), "")
            if not why:
                return
            if why != told:
                names = ", ".join(item.instance for item in plan.waiting if item.why)
                self._display.display(f"{stack.name}: {names}: waiting up to {ROOM_SECONDS:.0f} s: {why}")
                told = why
            time.sleep(POLL_SECONDS)
            self._check_that_the_run_lasts()

    def _imagine(self, stack, store, arguments, scope, phase, instances):
        """Show the plan. Online instances then run their events in check mode too; others have no host to look at."""
        now = session.now()
        state = store.snapshot(stack.name)
        asked = arguments["imagined"].get(stack.name)
        if asked:
            state = imagined(stack, state, sorted(scope.instances), asked["want"], asked["arguments"], now)
        plan = decide(stack, state, rollouts.observations(state, now), now, scope)
        if phase is Phase.MOVE and not arguments["runs"]:
            self._say(stack, plan, state, contents.contents(stack, session.role_places()))
        commands = {command.id: command for command in state.commands}
        for move in (*plan.moves, *_later(plan, state)) if phase is Phase.MOVE else plan.configure:
            if move.action in (Action.RUN, Action.REFRESH, Action.DEPLOY, Action.CONFIGURE):
                seen = move if move.action is Action.CONFIGURE else dataclasses.replace(move, action=Action.RUN)
                shown = Claimed(seen, 0, state.instances[move.instance], tuple(commands[n] for n in move.commands))
                instances[move.instance] = rounds.entry(stack, state, shown, "check mode", 0, frozenset())

    def _say(self, stack, plan, state, would_run):
        for line in plan_lines(stack, plan, state, would_run):
            self._display.display(line)


def _by_stack(names, stacks):
    found = {name: [item for item in names if item in stack.instances] for name, stack in stacks.items()}
    return {name: its for name, its in found.items() if its}


def _names(batches):
    return [name for batch in batches for name in batch]


def _later(plan, state):
    """Return what is done once it is the turn of a batch, to be looked at in check mode."""
    commands = {command.id: command for command in state.commands}
    return [
        Move(item.instance, Action.DEPLOY, State.ONLINE, commands[item.command].initiator, "", (item.command,))
        for item in plan.waiting
    ]
