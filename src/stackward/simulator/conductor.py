"""Carries out rounds on simulated hosts, step by step as the playbooks do on real ones, without Ansible.

What differs from a real run is only that instances are moved one after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from stackward.definition.model import Stack
from stackward.engine import events, machines, outcomes, rollouts, settling
from stackward.engine.claiming import Claimed, Phase, Round, claim
from stackward.engine.compiling import Begun
from stackward.engine.hold import Hold
from stackward.engine.process import Owner
from stackward.engine.reach import Reach
from stackward.errors import StackwardError, StaleEpochError
from stackward.lifecycle.events import Event
from stackward.planner import EVERYTHING, Action, Scope
from stackward.providers.base import Provider
from stackward.rollout import drift, turns
from stackward.state.records import CommandStatus
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
                now = self.now()
                found = claim(
                    self.store, stack, lambda: "", reach, phase, self.owner, kind="converge", run=run, now=now
                )
                run = found.run
                for claimed in found.claimed:
                    self._carry_out(stack, claimed, found)
                if phase is Phase.MOVE and run is not None:
                    self._roll_out(stack, scope, run)
                if found.claimed and run is not None:
                    settling.settle(self.store, stack, run, self.now)
                    done.append(found)
        if run is not None:
            settling.end(self.store, stack, run, self.now)
        return tuple(done)

    def _roll_out(self, stack: Stack, scope: Scope, run: int) -> None:
        """Batch after batch, as long as there is one."""
        while True:
            found = claim(
                self.store, stack, lambda: "", scope, Phase.DEPLOY, self.owner, kind="converge", run=run, now=self.now()
            )
            if not found.claimed:
                return
            holds = {
                item.move.instance: Hold(run, item.epoch, found.state.claims[item.move.instance].owner)
                for item in found.claimed
            }
            for claimed in found.claimed:
                name = claimed.move.instance
                if not turns.going_back(found.state, claimed.commands[0]):
                    self._released(stack, claimed, holds[name])
            for name in sorted(rollouts.verdict(self.store, stack, holds, run, self.now)):
                self.take_back(name)
                rollouts.taken_back(self.store, stack, name, holds[name], "", self.now)

    def _released(self, stack: Stack, claimed: Claimed, hold: Hold) -> None:
        name = claimed.move.instance
        try:
            begun = self._begun(stack, claimed, hold, Event.DEPLOY.value, claimed.commands[0].id)
            self.on_host(name, begun)
        except StaleEpochError:
            raise
        except StackwardError as error:
            rollouts.failed(self.store, stack, name, hold, str(error), self.now)

    def _carry_out(self, stack: Stack, claimed: Claimed, found: Round) -> None:
        name = claimed.move.instance
        if found.run is None:
            raise ValueError("a round that claims something has a run")
        hold = Hold(found.run, claimed.epoch, found.state.claims[name].owner)
        try:
            self._move(stack, claimed, hold)
        except StaleEpochError:
            return
        except StackwardError as error:
            outcomes.failed(self.store, stack, name, hold, str(error), now=self.now)

    def _move(self, stack: Stack, claimed: Claimed, hold: Hold) -> None:
        name, action = claimed.move.instance, claimed.move.action
        if action in (Action.START, Action.SETUP):
            if action is Action.START:
                machines.boot(self.store, self.provider, self.reach, stack, name, hold, self.now)
            command = claimed.commands[0].id if claimed.commands else None
            self._event(stack, claimed, hold, Event.SETUP.value, command)
            self._event(stack, claimed, hold, Event.DEPLOY.value, None)
            outcomes.online(self.store, stack, name, hold, self.now)
        elif action in (Action.STOP, Action.TERMINATE):
            outcomes.shutting_down(self.store, stack, name, hold, self.now)
            self._shut_down(stack, claimed, hold)
            if action is Action.STOP:
                machines.stop(self.store, self.provider, stack, name, hold, self.now)
            else:
                machines.terminate(self.store, self.provider, self.reach, stack, name, hold, self.now)
        elif action is Action.REBOOT:
            machines.reboot(self.store, self.provider, self.reach, stack, name, hold, self.now)
        elif action is Action.CONFIGURE:
            asked_for = claimed.commands[0].id if claimed.commands else None
            self._event(stack, claimed, hold, Event.CONFIGURE.value, asked_for, let_go=True)
        elif action is Action.LEAVE:
            left = drift.leaving(stack, claimed.record)
            self._event(stack, claimed, hold, Event.SHUTDOWN.value, None, leaves=left)
            if drift.departed(stack, claimed.record):
                self._event(stack, claimed, hold, Event.UNDEPLOY.value, None, leaves=left)
            outcomes.left(self.store, stack, name, hold, self.now)
        elif action is Action.UNDEPLOY:
            self._event(stack, claimed, hold, Event.UNDEPLOY.value, None)
            outcomes.let_go(self.store, stack, name, hold)
        else:
            for asked in claimed.commands:
                self._event(stack, claimed, hold, asked.event, asked.id)
            outcomes.let_go(self.store, stack, name, hold)

    def _shut_down(self, stack: Stack, claimed: Claimed, hold: Hold) -> None:
        """The Shutdown event; a machine stops all the same where it fails."""
        try:
            self._event(stack, claimed, hold, Event.SHUTDOWN.value, None)
        except StaleEpochError:
            raise
        except StackwardError as error:
            outcomes.event_failed(self.store, stack, claimed.move.instance, hold, str(error), now=self.now)

    def _event(
        self,
        stack: Stack,
        claimed: Claimed,
        hold: Hold,
        event: str,
        command: int | None,
        *,
        let_go: bool = False,
        leaves: tuple[str, ...] = (),
    ) -> None:
        begun = self._begun(stack, claimed, hold, event, command, leaves)
        self.on_host(claimed.move.instance, begun)
        events.finish(
            self.store,
            stack,
            claimed.move.instance,
            event,
            begun.command,
            hold,
            CommandStatus.SUCCESSFUL,
            generation=begun.generation,
            releases=begun.releases,
            exit_code=0,
            let_go=let_go,
            now=self.now,
        )

    def _begun(
        self,
        stack: Stack,
        claimed: Claimed,
        hold: Hold,
        event: str,
        command: int | None,
        leaves: tuple[str, ...] = (),
    ) -> Begun:
        return events.begin(
            self.store,
            stack,
            claimed.move.instance,
            event,
            hold,
            command=command,
            initiator=claimed.move.initiator,
            reason=claimed.move.reason,
            decrypt=lambda _ciphertext: "",
            now=self.now,
            leaves=leaves,
        )
