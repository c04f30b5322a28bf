# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decides what to do and claims the instances for it."""

from __future__ import annotations

import dataclasses
import os

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.stackward.ops.plugins.plugin_utils import (
    claims,
    closing,
    given,
    imagined_look,
    plays,
    resources,
    session,
    targeting,
    verdicts,
    workers,
)
from ansible_collections.stackward.ops.plugins.plugin_utils.look import Found, Look, by_stack, scope_of, straight_ones

from stackward.engine import process
from stackward.engine.phases import Phase
from stackward.errors import StackwardError
from stackward.planner import Action

workers.prepare()


class ActionModule(ActionBase):
    """Decide and claim."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Claim for every stack of the inventory; in check mode only show the plan."""
        targeting.unlimited()
        owner = process.owner(os.getppid())
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
                "size": {"type": "str"},
                "rolled": {"type": "dict", "default": {}},
                "straight": {"type": "bool", "default": False},
                "imagined": {"type": "dict", "default": {}},
                "allow_destroy": {"type": "bool", "default": False},
                "problems": {"type": "list", "elements": "str", "default": []},
                "looked": {"type": "bool", "default": False},
            }
        )
        arguments = targeting.listed(arguments)
        if arguments["scope"] is None and not arguments["runs"] and arguments["phase"] != Phase.CONFIGURE.value:
            # Where something was asked for, or begun, what was given has been looked at. Everybody is told of a change.
            given.check(self._loader, arguments, task_vars)
        found = Found(dict(arguments["runs"]), dict(arguments["rolled"]), arguments["problems"])
        try:
            stacks = session.stacks_in(task_vars)
            look = Look(
                stacks=stacks,
                kind=arguments["kind"],
                owner=owner,
                scope=scope_of(arguments, stacks),
                begun=arguments["runs"],
                deployed=self._deployed(task_vars) if arguments["runs"] else {},
                imagined=arguments["imagined"],
                allow_destroy=arguments["allow_destroy"],
                check_mode=self._task.check_mode,
                size=given.size(arguments["size"]),
            )
            # A look in check mode leaves all as it is, so a second one would tell everything again.
            looked = arguments["looked"]
            following = plays.Following(worked=False) if looked else PHASES[Phase(arguments["phase"])](look, found)
        except StackwardError as error:
            raise AnsibleActionFail(str(error)) from None
        unlisted = [entry for name, entry in found.reached.items() if self._is_new(name, entry["reached"], task_vars)]
        return {
            **result,
            "changed": found.changed or bool(found.instances),
            "instances": found.instances,
            "runs": found.runs,
            "batches": [len(batch) for batch in found.batches],
            "set_up_batches": [len(batch) for batch in found.setups],
            "rolled": found.rolled,
            "problems": found.problems,
            "unlisted": unlisted,
            "looked": self._task.check_mode,
            "plays": plays.hosts(
                found.instances,
                found.runs,
                unlisted,
                following,
                again=self._task.check_mode and not found.idle,
            ),
        }

    @staticmethod
    def _deployed(task_vars):
        """Return the instances that the last look had the plays after it deploy to at once."""
        before = session.claimed(task_vars)
        return {name: entry for name, entry in before.items() if entry["action"] == Action.DEPLOY.value}

    @staticmethod
    def _is_new(name, reached, task_vars):
        """Whether the inventory does not know an instance, or not where it is now: it may be of long ago."""
        if name not in task_vars["groups"]["all"]:
            return True
        where = reached.get("ansible_host")
        # Raw, as templating would go through what is known of every instance, for every instance.
        return where is not None and task_vars["hostvars"].raw_get(name).get("ansible_host") != where


def _moves(look, found):
    """Conclude what was deployed; look at resources and at who must move; where nobody does, at who is due a Configure.

    A deploy of one batch that is one call on each host is claimed too: another task here would cost as much as a call.
    """
    back = verdicts.conclude(look.deployed)
    found.problems = resources.keep(look, found)
    _add(look, found, Phase.MOVE)
    worked = found.worked
    found.take_back({name: look.deployed[name] for name in back})
    if found.idle:
        # Nothing moves, so what is due now is all that will be due: no second decision is needed.
        _add(look, found, Phase.CONFIGURE)
    if found.idle or not found.runs:
        # A look that finds no more work is the last one; a play to say so would cost as much as one with work.
        closing.close(look.stacks, found.runs, end=True)
        ended, found.runs = found.runs, {}
        closing.complain(look.stacks, found.rolled, found.problems, ended)
    rolling = by_stack(found.rolling, look.stacks)
    straight = straight_ones(rolling, look.stacks) == rolling
    if straight and _at_once(look, found):
        _add(dataclasses.replace(look, scope=rolling), found, Phase.DEPLOY)
        if found.instances:
            return plays.Following(worked=worked)
    return plays.Following(
        worked=worked or bool(found.setups),
        take_back=tuple(back),
        deploy_straight=tuple(found.rolling) if straight else (),
        deploy=() if straight else tuple(found.rolling),
        set_up=tuple(found.setting_up),
    )


def _at_once(look, found):
    """Whether the first batch is all that there is to do. What it comes to is concluded by the next look of the run."""
    return (
        not (look.check_mode or look.begun or found.instances or found.setups)
        and bool(found.runs)
        and len(found.batches) == 1
    )


def _claims_of(phase):
    """Return a look at what a phase alone claims: a batch of a rollout, or those that are due a Configure."""

    def look_at(look, found):
        _add(look, found, phase)
        return plays.Following(worked=found.worked)

    return look_at


def _set_up(look, found):
    """Claim a batch of Setups. What the run still holds was lost in the batch before, and ends it."""
    closing.close(look.stacks, look.begun, end=False)
    _add(look, found, Phase.SET_UP)
    return plays.Following(worked=found.worked)


PHASES = {
    Phase.MOVE: _moves,
    Phase.SET_UP: _set_up,
    Phase.DEPLOY: _claims_of(Phase.DEPLOY),
    Phase.CONFIGURE: _claims_of(Phase.CONFIGURE),
}


def _add(look, found, phase):
    one = imagined_look if look.check_mode else claims
    for stack, scope in look.scopes(phase):
        one.add(look, found, phase, stack, scope)
