# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One look of a run at every stack of the inventory: what it is about, and what it has found to do."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from ansible_collections.stackward.ops.plugins.plugin_utils import session, targeting

from stackward.definition.model import Batch
from stackward.engine.claiming import Claimant
from stackward.engine.phases import Phase
from stackward.engine.process import Owner
from stackward.errors import StackwardError
from stackward.planner import Action, Plan, Scope
from stackward.rollout.sequence import sequence
from stackward.rollout.setups import in_batches
from stackward.rollout.straight import winding
from stackward.state.records import StackState


@dataclass(frozen=True)
class Look:
    """What a look is about."""

    stacks: dict
    kind: str
    owner: Owner
    scope: dict | None
    """The instances that it may move, by stack; without any of a stack it leaves that alone. None: all of them."""
    begun: dict
    """The number of this run by stack, where an earlier look has begun one."""
    deployed: dict = field(default_factory=dict)
    """What this run has deployed to since its last look, as that claimed it, by instance; no batch is concluded yet."""
    imagined: dict = field(default_factory=dict)
    allow_destroy: bool = False
    check_mode: bool = False
    size: Batch | None = None
    """How many of a layer that the stack file has set up again go at a time."""

    def scopes(self, phase):
        """Yield each stack that a phase is about with the scope there: of a change everybody is told, whoever asked."""
        scope = self.scope if phase is not Phase.CONFIGURE or self.check_mode else None
        for name, stack in self.stacks.items():
            if scope is None:
                yield stack, Scope(batch=self.size)
            elif name in scope:
                yield stack, Scope(frozenset(scope[name]), batch=self.size)

    def claimant(self, run):
        """Return who claims for this look: the run of that number in a stack, None where none has begun there."""
        return Claimant(self.owner, self.kind, run)

    def check_that_the_run_lasts(self):
        """Stop where ansible-playbook was killed: its workers outlive it, and nobody would end what they claim."""
        if os.getppid() != self.owner.process:
            raise StackwardError("The run that this belongs to was killed, so nothing is claimed for it.")


@dataclass
class Found:
    """What a look has found to do so far, for the plays that follow it."""

    runs: dict
    """The number of this run by stack; from an earlier look, or begun by this one."""
    rolled: dict
    """The rollouts that this run has worked on, by stack."""
    problems: list
    """What went wrong with resources."""
    instances: dict = field(default_factory=dict)
    """What is claimed, by instance."""
    batches: list[list[str]] = field(default_factory=list)
    """The instances that rollouts reach, batch after batch; the first batches of all stacks go together."""
    setups: list[list[str]] = field(default_factory=list)
    """The online instances that are set up, batch after batch, as `batches`."""
    changed: bool = False
    reached: dict = field(default_factory=dict)
    """What an inventory has to know of those that are claimed or roll, by instance."""

    @property
    def idle(self):
        """Whether there is nothing to do."""
        return not self.instances and not self.batches and not self.setups

    @property
    def worked(self):
        """Whether somebody comes or goes, so that a Configure may be due. Releases move nobody."""
        return any(entry["action"] != Action.REFRESH.value for entry in self.instances.values())

    @property
    def rolling(self):
        """The instances that rollouts reach, in their order."""
        return [name for batch in self.batches for name in batch]

    @property
    def setting_up(self):
        """The instances that are set up in batches, in their order."""
        return [name for batch in self.setups for name in batch]

    def set_up(self, plan: Plan, commands, *, patient):
        """Add the batches of Setups of a stack, request after request.

        Where none can begin now they are left to whoever is before them, unless this run is C(patient).
        """
        if not patient and not any(move.in_turn for move in plan.moves):
            return
        wanted = {move.instance for move in plan.moves if move.in_turn}
        wanted |= {item.instance for item in plan.waiting if item.action is Action.SETUP}
        for waves in in_batches(commands).values():
            self.setups += [[name for name in wave if name in wanted and name not in self.setting_up] for wave in waves]
        self.setups = [batch for batch in self.setups if batch]

    def take_back(self, claimed):
        """Add instances whose release is to be taken back, as they were claimed: nothing else is done there."""
        self.instances.update(claimed)
        left = [[name for name in batch if name not in claimed] for batch in self.batches]
        self.batches = [batch for batch in left if batch]

    def roll(self, stack, state: StackState, commands):
        """Add the batches of a stack's rollouts, which have these commands left."""
        for place, batch in enumerate(sequence(commands)):
            if place == len(self.batches):
                self.batches.append([])
            self.batches[place].extend(batch)
        numbers = {state.rollouts[command.batch].id for command in commands}
        if numbers:
            self.rolled[stack.name] = sorted({*self.rolled.get(stack.name, []), *numbers})


def scope_of(arguments, stacks):
    """Return the instances by stack that the arguments of a task name, None where they name none.

    Raises AnsibleActionFail for one that no stack has.
    """
    if arguments["phase"] in (Phase.DEPLOY.value, Phase.SET_UP.value):
        batch = by_stack(arguments["batch"], stacks)
        return straight_ones(batch, stacks) if arguments["straight"] else batch
    if arguments["scope"] or not any(arguments[kind] for kind in ("stack", "instance", "layer")):
        return arguments["scope"]
    return {stack.name: targeting.names(arguments, stack) for stack in targeting.chosen(arguments, stacks)}


def by_stack(names, stacks):
    """Return those instances by the stack that has them; stacks without any are left out."""
    found = {name: [item for item in names if item in stack.instances] for name, stack in stacks.items()}
    return {name: its for name, its in found.items() if its}


def straight_ones(scope, stacks):
    """Return those instances, by stack, on which every deploy that is asked for is one call."""
    around = {name: winding(stacks[name], session.store_of(stacks[name]).snapshot(name)) for name in scope}
    return {name: [item for item in names if item not in around[name]] for name, names in scope.items()}
