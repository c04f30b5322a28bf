"""Carries out rounds on simulated hosts, step by step as the playbooks do on real ones, without Ansible.

What differs from a real run is only that instances are moved one after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from stackward.definition.model import Stack
from stackward.engine import events, machines, outcomes, rollouts, settling
from stackward.engine.claiming import Claimant, Claimed, Round, claim
from stackward.engine.compiling import Begun
from stackward.engine.hold import HeldInstance, Hold
from stackward.engine.phases import Phase
from stackward.engine.process import Owner
from stackward.engine.reach import Reach
from stackward.errors import StackwardError, StaleEpochError
from stackward.lifecycle.events import Event
from stackward.planner import EVERYTHING, Action, Scope
from stackward.providers.base import Provider
from stackward.rollout import drift, turns
from stackward.state.store import Store

OnHost = Callable[[str, Begun], None]
"""What happens on an instance in an event. Raises StackwardError where the event fails there."""

ROUNDS = 2
"""As many as the playbook has: the second looks at what came in while the first one worked."""


@dataclass(frozen=True, slots=True)
class Conductor:
    """A run of the engine against simulated machines and hosts."""

    store: Store
    provider: Provider
    reach: Reach
    owner: Owner
    on_host: OnHost
    now: Callable[[], datetime]
    take_back: Callable[[str], None] = lambda _instance: None

    def converge(self, stack: Stack, scope: Scope = EVERYTHING) -> tuple[Round, ...]:
        """Do everything that is to be done, and return the phases that did something."""
        run: int | None = None
        done = []
        for _ in range(ROUNDS):
            for phase in (Phase.MOVE, Phase.CONFIGURE):
                # Configure follows for everybody, whatever the run was asked to move.
                reach = scope if phase is Phase.MOVE else EVERYTHING
                found = self._claim(stack, reach, phase, run)
                run = found.run
                for claimed in found.claimed:
                    self._carry_out(claimed, self._held(stack, claimed, found))
                if phase is Phase.MOVE and run is not None:
                    self._set_up(stack, scope, run)
                    self._roll_out(stack, scope, run)
                if found.claimed and run is not None:
                    settling.settle(self.store, stack, run, self.now)
                    done.append(found)
        if run is not None:
            settling.end(self.store, stack, run, self.now)
        return tuple(done)

    def _claim(self, stack: Stack, scope: Scope, phase: Phase, run: int | None) -> Round:
        by = Claimant(self.owner, "converge", run)
        return claim(self.store, stack, scope, phase, by, text=lambda: "", now=self.now())

    def _set_up(self, stack: Stack, scope: Scope, run: int) -> None:
        """Set online instances up, batch after batch, as long as there is one."""
        while True:
            found = self._claim(stack, scope, Phase.SET_UP, run)
            if not found.claimed:
                return
            for claimed in found.claimed:
                self._carry_out(claimed, self._held(stack, claimed, found))

    def _roll_out(self, stack: Stack, scope: Scope, run: int) -> None:
        """Batch after batch, as long as there is one."""
        while True:
            found = self._claim(stack, scope, Phase.DEPLOY, run)
            if not found.claimed:
                return
            held = {item.move.instance: self._held(stack, item, found) for item in found.claimed}
            for claimed in found.claimed:
                if not turns.going_back(found.state, claimed.commands[0]):
                    self._released(claimed, held[claimed.move.instance])
            for name in sorted(rollouts.verdict(self.store, stack, held, run, self.now)):
                self.take_back(name)
                rollouts.taken_back(held[name], "")

    def _held(self, stack: Stack, claimed: Claimed, found: Round) -> HeldInstance:
        if found.run is None:
            raise ValueError("a round that claims something has a run")
        hold = Hold(found.run, claimed.epoch, claimed.actor)
        return HeldInstance(self.store, stack, claimed.move.instance, hold, self.now)

    def _released(self, claimed: Claimed, held: HeldInstance) -> None:
        try:
            begun = self._begun(claimed, held, Event.DEPLOY.value, claimed.commands[0].id)
            self.on_host(held.name, begun)
        except StaleEpochError:
            raise
        except StackwardError as error:
            rollouts.failed(held, str(error))

    def _carry_out(self, claimed: Claimed, held: HeldInstance) -> None:
        try:
            self._move(claimed, held)
        except StaleEpochError:
            return
        except StackwardError as error:
            outcomes.failed(held, str(error))

    def _move(self, claimed: Claimed, held: HeldInstance) -> None:
        action = claimed.move.action
        if action in (Action.START, Action.SETUP):
            if action is Action.START:
                machines.boot(held, self.provider, self.reach)
            command = claimed.commands[0].id if claimed.commands else None
            self._event(claimed, held, Event.SETUP.value, command)
            self._event(claimed, held, Event.DEPLOY.value, None)
            outcomes.online(held)
        elif action in (Action.STOP, Action.TERMINATE):
            outcomes.shutting_down(held)
            self._shut_down(claimed, held)
            if action is Action.STOP:
                machines.stop(held, self.provider)
            else:
                machines.terminate(held, self.provider, self.reach)
        elif action is Action.REBOOT:
            machines.reboot(held, self.provider, self.reach)
        elif action is Action.CONFIGURE:
            asked_for = claimed.commands[0].id if claimed.commands else None
            self._event(claimed, held, Event.CONFIGURE.value, asked_for, let_go=True)
        elif action is Action.LEAVE:
            left = drift.leaving(held.stack, claimed.record)
            self._event(claimed, held, Event.SHUTDOWN.value, None, leaves=left)
            if drift.departed(held.stack, claimed.record):
                self._event(claimed, held, Event.UNDEPLOY.value, None, leaves=left)
            outcomes.left(held)
        elif action is Action.UNDEPLOY:
            self._event(claimed, held, Event.UNDEPLOY.value, None)
            outcomes.let_go(held)
        else:
            for asked in claimed.commands:
                self._event(claimed, held, asked.event, asked.id)
            outcomes.let_go(held)

    def _shut_down(self, claimed: Claimed, held: HeldInstance) -> None:
        """The Shutdown event; a machine stops all the same where it fails."""
        try:
            self._event(claimed, held, Event.SHUTDOWN.value, None)
        except StaleEpochError:
            raise
        except StackwardError as error:
            outcomes.event_failed(held, str(error))

    def _event(
        self,
        claimed: Claimed,
        held: HeldInstance,
        event: str,
        command: int | None,
        *,
        let_go: bool = False,
        leaves: tuple[str, ...] = (),
    ) -> None:
        begun = self._begun(claimed, held, event, command, leaves)
        self.on_host(held.name, begun)
        events.succeeded(held, begun, let_go=let_go)

    @staticmethod
    def _begun(
        claimed: Claimed, held: HeldInstance, event: str, command: int | None, leaves: tuple[str, ...] = ()
    ) -> Begun:
        cause = events.Cause(claimed.move.initiator, claimed.move.reason)
        return events.begin(held, event, cause, command=command, decrypt=lambda _ciphertext: "", leaves=leaves)
