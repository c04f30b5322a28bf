"""What must happen next to a stack: a pure function of definition, state, observations and time.

`decide` never acts. Whoever acts claims the instances of the plan in the same transaction in which it read the state.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from itertools import takewhile

from stackward.definition.model import Stack
from stackward.lifecycle.events import Event
from stackward.lifecycle.health import Remedy
from stackward.lifecycle.states import FAILED, RESTING, Desired, Initiator, State
from stackward.rollout.drift import departed
from stackward.rollout.turns import UNCHANGED, WAVE, Turn, Turns, rolling, turns
from stackward.state.records import Claim, Command, CommandStatus, InstanceRecord, Request, StackState


class Action(Enum):
    """What a run does with an instance that it has claimed."""

    REGISTER = "register"
    START = "start"
    STOP = "stop"
    TERMINATE = "terminate"
    REBOOT = "reboot"
    SETUP = "setup"
    RUN = "run"
    UNDEPLOY = "undeploy"
    REFRESH = "refresh"
    DEPLOY = "deploy"
    CONFIGURE = "configure"


@dataclass(frozen=True, slots=True)
class Observations:
    """What is seen from outside the store. `dead_runs` are runs of this machine whose process is gone.

    `tended` are rollouts, by their batch, that somebody else is at work on.
    """

    dead_runs: frozenset[int] = frozenset()
    tended: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run may touch: None means everything. A run that serves one request keeps to that request's instances.

    `departed` lets it also stop and terminate instances that have left the stack file.
    """

    instances: frozenset[str] | None = None
    departed: bool = True

    def covers(self, instance: str) -> bool:
        """Whether the run may move the instance."""
        return self.instances is None or instance in self.instances


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Move:
    """One instance, what is done with it, and why. `commands` are ids to carry out, in order, `events` theirs."""

    instance: str
    action: Action
    state: State
    initiator: Initiator
    reason: str
    commands: tuple[int, ...] = ()
    events: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        """What is done, for a person: `start`, or `run deploy`."""
        return f"{self.action.value} {', '.join(dict.fromkeys(self.events))}".rstrip()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A command of a rollout whose batch has to wait for those before it."""

    instance: str
    command: int
    rollout: int
    wave: int


@dataclass(frozen=True, slots=True)
class Held:
    """An instance that needs something but belongs to another run at the moment."""

    instance: str
    claim: Claim


@dataclass(frozen=True, slots=True)
class Settled:
    """A command that ends without running, and why."""

    command: int
    instance: str
    status: CommandStatus
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The moves now possible, the Configure round now due, and what waits for others.

    `configure` are due at once; `configure_after` will be due once the moves have changed the online set.
    `fulfilled` are instances whose request asks for what is already so. `departed` left the file and have no machine.
    `waiting` are those whose batch comes later, `concluded` the rollouts that have nothing left to do.
    """

    moves: tuple[Move, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    concluded: tuple[int, ...] = ()
    configure: tuple[Move, ...] = ()
    configure_after: tuple[str, ...] = ()
    held: tuple[Held, ...] = ()
    settled: tuple[Settled, ...] = ()
    fulfilled: tuple[str, ...] = ()
    departed: tuple[str, ...] = ()
    abandoned: tuple[Claim, ...] = ()
    """Claims of runs that are gone, on instances that need nothing more."""
    idle: tuple[str, ...] = field(default=())
    """Stopped instances of the file that nobody has asked for."""

    @property
    def empty(self) -> bool:
        """Whether a run would change nothing."""
        return not (
            self.moves
            or self.concluded
            or self.configure
            or self.settled
            or self.fulfilled
            or self.departed
            or self.abandoned
        )


_STOPPABLE = frozenset(State) - RESTING
_SETUP_AGAIN = frozenset({State.ONLINE, State.SETUP_FAILED, State.RUNNING_SETUP})
_REBOOTABLE = frozenset({State.ONLINE, State.CONNECTION_LOST, State.REBOOTING})
_MOVES_ONLINE_SET = frozenset({Action.START, Action.STOP, Action.TERMINATE, Action.SETUP})


def decide(
    stack: Stack, state: StackState, observations: Observations, now: datetime, scope: Scope = EVERYTHING
) -> Plan:
    """Compare what is wanted with what is and say what to do, in the order of the stack file."""
    if not state.rollouts and not any(map(rolling, state.commands)):
        return _decided(stack, state, observations, now, scope, Turns())
    # A command that ends by itself keeps no batch waiting, and whether one does is for the plan to say.
    ending = {item.command for item in _decided(stack, state, observations, now, EVERYTHING, Turns()).settled}
    left = [command for command in state.commands if command.id not in ending]
    plan = _decided(stack, state, observations, now, scope, turns(state.rollouts, left, observations.tended))
    settled = {item.command for item in plan.settled}
    busy = {command.batch for command in state.commands if command.id not in settled} | observations.tended
    return replace(plan, concluded=tuple(batch for batch in state.rollouts if batch not in busy))


def _decided(
    stack: Stack, state: StackState, observations: Observations, now: datetime, scope: Scope, order: Turns
) -> Plan:
    commands = _by_instance(state.commands)
    moves: list[Move] = []
    configure: list[Move] = []
    held: list[Held] = []
    settled: list[Settled] = []
    fulfilled: list[str] = []
    departed: list[str] = []
    abandoned: list[Claim] = []
    idle: list[str] = []
    waiting: list[Waiting] = []

    for name in (*stack.instances, *(name for name in state.instances if name not in stack.instances)):
        record = state.instances.get(name)
        if record is None:
            idle.append(name)
            continue
        if name not in stack.instances:
            if scope.instances is not None or not scope.departed:
                continue
            step = _depart(record)
            if step is None:
                departed.append(name)
                settled.extend(_unreachable(commands.get(name, ()), f"{name} has left the stack file"))
                continue
        else:
            step, ended = _next(record, commands.get(name, ()), stack, state, order)
            if not scope.covers(name) and not (step and step.action is Action.CONFIGURE):
                continue
            settled.extend(ended)
            waiting.extend(_waiting(commands.get(name, ()), ended, order))
            if step is None:
                claim = state.claims.get(name)
                if claim is not None and not _holds(claim, observations, now):
                    abandoned.append(claim)
                if record.request is not None or record.reboot_wanted:
                    fulfilled.append(name)
                elif record.state in RESTING:
                    idle.append(name)
                continue
        claim = state.claims.get(name)
        if claim is not None and _holds(claim, observations, now):
            held.append(Held(name, claim))
        elif step.action is Action.CONFIGURE:
            configure.append(step)
        else:
            moves.append(step)

    return Plan(
        moves=tuple(moves),
        waiting=tuple(waiting),
        configure=tuple(configure),
        configure_after=_after(stack, state, moves, configure),
        held=tuple(held),
        settled=tuple(settled),
        fulfilled=tuple(fulfilled),
        departed=tuple(departed),
        abandoned=tuple(abandoned),
        idle=tuple(idle),
    )


def _holds(claim: Claim, observations: Observations, now: datetime) -> bool:
    return claim.run not in observations.dead_runs and claim.expires > now


def _by_instance(commands: Iterable[Command]) -> dict[str, tuple[Command, ...]]:
    grouped: dict[str, list[Command]] = {}
    for command in sorted(commands, key=lambda command: command.id):
        grouped.setdefault(command.instance, []).append(command)
    return {instance: tuple(items) for instance, items in grouped.items()}


def _depart(record: InstanceRecord) -> Move | None:
    if record.machine is None and record.state in (State.STOPPED, State.TERMINATED, State.START_FAILED):
        return None
    initiator = record.request.initiator if record.request else Initiator.USER
    return Move(record.name, Action.TERMINATE, record.state, initiator, "it is no longer in the stack file")


def _waiting(commands: Iterable[Command], ended: Iterable[Settled], order: Turns) -> tuple[Waiting, ...]:
    over = {item.command for item in ended}
    return tuple(
        Waiting(command.instance, command.id, command.batch, command.arguments[WAVE])
        for command in commands
        if rolling(command) and command.id not in over and order.of(command) is Turn.WAITS
    )


def _next(
    record: InstanceRecord, commands: tuple[Command, ...], stack: Stack, state: StackState, order: Turns
) -> tuple[Move | None, tuple[Settled, ...]]:
    """The one next step of an instance of the file, and the commands that end without running."""
    request = record.request
    if request is not None:
        step = _remedied(record, request) or _requested(record, request.desired, request.initiator, request.reason)
        if step is not None:
            if step.action in (Action.STOP, Action.TERMINATE):
                return step, _unreachable(commands, f"{record.name} is being stopped")
            return step, ()
    if record.reboot_wanted and record.state in _REBOOTABLE:
        return Move(record.name, Action.REBOOT, record.state, Initiator.USER, "a reboot was asked for"), ()
    layers = stack.instances[record.name].layers
    if record.state is State.ONLINE and record.layers != layers:
        change = f"its layers were {', '.join(record.layers)} and are {', '.join(layers)} now"
        return Move(record.name, Action.SETUP, record.state, Initiator.USER, change), ()
    gone = departed(stack, record) if record.state is State.ONLINE else ()
    if gone:
        why = f"{', '.join(gone)} does not belong here any more, by the stack file"
        return Move(record.name, Action.UNDEPLOY, record.state, Initiator.USER, why), ()
    return _commanded(record, commands, _overdue(record, stack, state), order)


def _overdue(record: InstanceRecord, stack: Stack, state: StackState) -> str:
    """Why the instance is due a Configure without anybody having asked; "" if it is not."""
    if record.configured < state.generation:
        last = "it has had none" if record.configured < 0 else f"its last Configure was at {record.configured}"
        return f"the stack is at generation {state.generation}, {last}"
    if state.definition not in (None, stack.digest):
        return "the stack file has changed"
    return ""


_REMEDIES = {Remedy.REBOOT: Action.REBOOT, Remedy.RESTART: Action.STOP, Remedy.REPLACE: Action.TERMINATE}
_GOING = frozenset({State.TERMINATING, State.DEREGISTERING, State.SHUTTING_DOWN})


def _remedied(record: InstanceRecord, request: Request) -> Move | None:
    """What a request of healing does first. It is done once: the states after it are newer than the request."""
    if request.remedy is None or record.machine is None:
        return None
    action = _REMEDIES.get(request.remedy)
    fresh = record.since is None or record.since <= request.at
    if action is not None and fresh and record.state in FAILED:
        if action is Action.REBOOT and record.state is not State.CONNECTION_LOST:
            action = Action.STOP
        return Move(record.name, action, record.state, request.initiator, request.reason)
    if action is Action.TERMINATE and record.state in _GOING:
        reason = "a replacement was cut short and must end first"
        return Move(record.name, action, record.state, request.initiator, reason)
    return None


_UNREGISTERED = frozenset({State.STOPPED, State.TERMINATED, State.START_FAILED, State.REGISTERING})


def _requested(record: InstanceRecord, desired: Desired, initiator: Initiator, reason: str) -> Move | None:
    if desired is Desired.TERMINATED:
        if record.state is State.TERMINATED or (record.state is State.STOPPED and record.machine is None):
            return None
        return Move(record.name, Action.TERMINATE, record.state, initiator, reason)
    if desired is Desired.STOPPED:
        if record.state not in _STOPPABLE:
            return None
        return Move(record.name, Action.STOP, record.state, initiator, reason)
    if desired is Desired.REGISTERED:
        if record.state not in _UNREGISTERED or (record.state is State.STOPPED and record.machine is not None):
            return None
        return Move(record.name, Action.REGISTER, record.state, initiator, reason)
    if record.state is State.ONLINE:
        return None
    if record.state is State.REGISTERING:
        return Move(record.name, Action.REGISTER, record.state, initiator, "a registration was cut short")
    if record.state in (State.STOPPING, State.SHUTTING_DOWN, State.TERMINATING, State.DEREGISTERING):
        return Move(record.name, Action.STOP, record.state, initiator, "a stop was cut short and must end first")
    if record.state is State.REBOOTING:
        return Move(record.name, Action.REBOOT, record.state, initiator, "a reboot was cut short and must end first")
    if record.state in _SETUP_AGAIN and record.machine is not None:
        return Move(record.name, Action.SETUP, record.state, initiator, reason)
    return Move(record.name, Action.START, record.state, initiator, reason)


def _commanded(
    record: InstanceRecord, commands: tuple[Command, ...], overdue: str, order: Turns
) -> tuple[Move | None, tuple[Settled, ...]]:
    if record.state not in _SETUP_AGAIN:
        return None, _unreachable(commands, f"{record.name} is {record.state.value}, not online")
    setups = [command for command in commands if command.event == Event.SETUP.value]
    if setups:
        last = setups[-1]
        ended = tuple(
            Settled(command.id, record.name, CommandStatus.SUPERSEDED, f"command {last.id} asks for the same")
            for command in setups[:-1]
        )
        return Move(record.name, Action.SETUP, record.state, last.initiator, last.reason, (last.id,)), ended
    if record.state is State.RUNNING_SETUP:
        return Move(record.name, Action.SETUP, record.state, Initiator.USER, "a Setup was cut short"), ()
    if record.state is not State.ONLINE:
        return None, _unreachable(commands, f"{record.name} is {record.state.value}, not online")
    configures = [command for command in commands if command.event == Event.CONFIGURE.value]
    others = tuple(command for command in commands if command.event != Event.CONFIGURE.value)
    never = _never(others, order)
    over = {item.command for item in never}
    step = _run(record, [command for command in others if command.id not in over], order)
    if step is not None:
        return step, never
    if configures or overdue:
        ended = never + tuple(
            Settled(command.id, record.name, CommandStatus.SUPERSEDED, f"command {configures[-1].id} asks for the same")
            for command in configures[:-1]
        )
        ids = (configures[-1].id,) if configures else ()
        why = overdue or configures[-1].reason
        initiator = configures[-1].initiator if configures else Initiator.USER
        return Move(record.name, Action.CONFIGURE, record.state, initiator, why, ids), ended
    return None, never


def _never(commands: Iterable[Command], order: Turns) -> tuple[Settled, ...]:
    """The commands of rollouts that have failed before it was their turn."""
    return tuple(
        Settled(
            command.id, command.instance, CommandStatus.SKIPPED, f"stopped: {order.rollouts[command.batch].failure}"
        )
        for command in commands
        if rolling(command) and order.of(command) is Turn.NEVER
    )


def _run(record: InstanceRecord, commands: Sequence[Command], order: Turns) -> Move | None:
    """What is done of these commands now: those before the first one of a rollout, or that one if it is its turn."""
    if not commands:
        return None
    first = commands[0]
    if not rolling(first):
        together = tuple(takewhile(lambda command: not rolling(command), commands))
        ids = tuple(command.id for command in together)
        events = tuple(command.event for command in together)
        return Move(record.name, Action.RUN, record.state, first.initiator, first.reason, ids, events)
    if order.of(first) is Turn.WAITS:
        return None
    action = Action.REFRESH if first.arguments.get(UNCHANGED) else Action.DEPLOY
    return Move(record.name, action, record.state, first.initiator, first.reason, (first.id,))


def _unreachable(commands: Iterable[Command], reason: str) -> tuple[Settled, ...]:
    return tuple(Settled(command.id, command.instance, CommandStatus.SKIPPED, reason) for command in commands)


def _after(stack: Stack, state: StackState, moves: list[Move], configure: list[Move]) -> tuple[str, ...]:
    """Who will be due a Configure once the moves are done, beside those due now."""
    if not any(move.action in _MOVES_ONLINE_SET for move in moves):
        return ()
    leaving = {move.instance for move in moves if move.action in (Action.STOP, Action.TERMINATE)}
    arriving = {move.instance for move in moves if move.action in (Action.START, Action.SETUP)}
    due = {move.instance for move in configure}
    return tuple(
        name
        for name in stack.instances
        if name not in leaving
        and name not in due
        and (name in arriving or (name in state.instances and state.instances[name].state is State.ONLINE))
    )
