"""A plan in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stackward.definition.model import InstanceType, Stack
from stackward.planner import Move, Plan, Settled
from stackward.planner.warm_start import left_out, told
from stackward.rollout import setups, turns
from stackward.rollout.actions import ACTIONS
from stackward.rollout.contents import Contents
from stackward.rollout.drift import drift
from stackward.rollout.sequence import sequence
from stackward.state.records import Claim, Command, CommandStatus, StackState


def _command(item: Settled) -> str:
    """Name a command; one that is only imagined, in check mode, has no number of its own."""
    return f"command {item.command}" if item.command > 0 else "the command"


def plan_lines(stack: Stack, plan: Plan, state: StackState, contents: Contents | None = None) -> tuple[str, ...]:
    """One line for each thing that a plan does or that waits; a single line where there is nothing to do.

    `contents` is what the stack would run now: with it, what has changed of recipes is told as drift too.
    """
    lines = [*_rollouts(stack, state), *_setups(stack, (*state.commands, *plan.asked))]
    lines += [_move(stack, move) + _left_out(stack, move, state, contents) for move in plan.moves]
    lines += [
        f"{stack.name}: {item.instance}: {item.action.value} (later: {item.why or f'it is in batch {item.wave}'})"
        for item in plan.waiting
    ]
    lines += [
        f"{stack.name}: {item.instance}: {_command(item)} {item.status.value}: {item.reason}" for item in plan.settled
    ]
    lines += [f"{stack.name}: {name}: forgotten, it has left the stack file" for name in plan.departed]
    lines += [_move(stack, move) for move in plan.configure]
    if plan.configure_after:
        lines.append(f"{stack.name}: then configure {', '.join(plan.configure_after)}")
    lines += [claim_line(stack, item.claim) for item in plan.held]
    lines += [f"{stack.name}: {name}: it is already as it was asked to be" for name in plan.fulfilled]
    lines += [
        f"{stack.name}: {claim.instance}: released, {claim.owner} held it and is gone" for claim in plan.abandoned
    ]
    if not lines:
        lines.append(f"{stack.name}: nothing to do")
    lines += [
        f"{stack.name}: {name}: drift: {'; '.join(texts)}" for name, texts in drift(stack, state, contents).items()
    ]
    if idle := [name for name in plan.idle if _only_asked_for(stack, name)]:
        lines.append(f"{stack.name}: stopped, and nobody has asked for them: {', '.join(idle)}")
    return tuple(lines)


def _only_asked_for(stack: Stack, name: str) -> bool:
    """Whether nothing but a request starts an instance; schedules and load start others by themselves."""
    return name not in stack.instances or stack.instances[name].type is InstanceType.ALWAYS


def claim_line(stack: Stack, claim: Claim) -> str:
    """Say who works on an instance, until when its claim lasts, and on what."""
    doing = f", {claim.doing}" if claim.doing else ""
    return f"{stack.name}: {claim.instance}: held by {claim.owner} until {claim.expires:%H:%M:%S} UTC{doing}"


def _rollouts(stack: Stack, state: StackState) -> Iterator[str]:
    """Yield for each rollout what it brings, in place of what, and to whom in which batches."""
    for rollout in state.rollouts.values():
        its = [command for command in state.commands if command.batch == rollout.batch and turns.rolling(command)]
        same = [command.instance for command in its if command.arguments.get(turns.UNCHANGED)]
        batches = sequence([command for command in its if command.status is CommandStatus.PENDING])
        replaced = rollout.before_revision if rollout.kind not in ACTIONS else None
        before = f" in place of {replaced[:12]}" if replaced else ""
        parts = [", ".join(batch) for batch in batches]
        told = f" in {len(parts)} {'batch' if len(parts) == 1 else 'batches'}: {' | '.join(parts)}" if parts else ""
        told += f"; there already: {', '.join(same)}" if same else ""
        yield f"{stack.name}: {rollout.app}: {rollout.kind} {rollout.revision[:12]}{before}{told}"


def _setups(stack: Stack, commands: Iterable[Command]) -> Iterator[str]:
    """Yield for each Setup that goes in batches who is in which."""
    for waves in setups.in_batches(commands).values():
        parts = " | ".join(", ".join(wave) for wave in waves)
        yield f"{stack.name}: setup in {len(waves)} {'batch' if len(waves) == 1 else 'batches'}: {parts}"


def _left_out(stack: Stack, move: Move, state: StackState, contents: Contents | None) -> str:
    record = state.instances.get(move.instance)
    if contents is None or record is None:
        return ""
    said = told(left_out(stack, move, record, contents))
    return f"; {said}" if said else ""


def _move(stack: Stack, move: Move) -> str:
    why = f"{move.state.value}; {move.initiator.value}: {move.reason}"
    return f"{stack.name}: {move.instance}: {move.what} ({why})"
