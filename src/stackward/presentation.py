"""A plan, and what scaling decides, in words: the same in playbooks and on the command line."""

from __future__ import annotations

from collections.abc import Iterator

from stackward.definition.model import Stack
from stackward.healing.decide import Decision as Healing
from stackward.healing.verdict import Health
from stackward.lifecycle.states import Desired
from stackward.planner import Move, Plan
from stackward.resources.change import Change, Changes
from stackward.rollout import turns
from stackward.rollout.contents import Contents
from stackward.rollout.drift import drift
from stackward.rollout.sequence import sequence
from stackward.scaling.by_load import ByLoad
from stackward.scaling.combine import Decision
from stackward.scaling.load.decision import Decision as LoadDecision
from stackward.state.records import CommandStatus, StackState


def plan_lines(stack: Stack, plan: Plan, state: StackState, contents: Contents | None = None) -> tuple[str, ...]:
    """One line for each thing that a plan does or that waits; a single line where there is nothing to do.

    `contents` is what the stack would run now: with it, what has changed of recipes is told as drift too.
    """
    lines = list(_rollouts(stack, state))
    lines += [_move(stack, move) for move in plan.moves]
    lines += [
        f"{stack.name}: {item.instance}: deploy (later: {item.why or f'it is in batch {item.wave}'})"
        for item in plan.waiting
    ]
    lines += [
        f"{stack.name}: {item.instance}: command {item.command} {item.status.value}: {item.reason}"
        for item in plan.settled
    ]
    lines += [f"{stack.name}: {name}: forgotten, it has left the stack file" for name in plan.departed]
    lines += [_move(stack, move) for move in plan.configure]
    if plan.configure_after:
        lines.append(f"{stack.name}: then configure {', '.join(plan.configure_after)}")
    lines += [
        f"{stack.name}: {item.instance}: held by {item.claim.owner} until {item.claim.expires:%H:%M:%S} UTC"
        + (f", {item.claim.doing}" if item.claim.doing else "")
        for item in plan.held
    ]
    lines += [f"{stack.name}: {name}: asked for, and so already" for name in plan.fulfilled]
    lines += [
        f"{stack.name}: {claim.instance}: released, {claim.owner} held it and is gone" for claim in plan.abandoned
    ]
    if not lines:
        lines.append(f"{stack.name}: nothing to do")
    lines += [
        f"{stack.name}: {name}: drift: {'; '.join(texts)}" for name, texts in drift(stack, state, contents).items()
    ]
    if idle := [name for name in plan.idle if name not in stack.instances or not stack.instances[name].pooled]:
        lines.append(f"{stack.name}: stopped, and nobody has asked for them: {', '.join(idle)}")
    return tuple(lines)


def _rollouts(stack: Stack, state: StackState) -> Iterator[str]:
    """Yield for each rollout what it brings, in place of what, and to whom in which batches."""
    for rollout in state.rollouts.values():
        its = [command for command in state.commands if command.batch == rollout.batch and turns.rolling(command)]
        same = [command.instance for command in its if command.arguments.get(turns.UNCHANGED)]
        batches = sequence([command for command in its if command.status is CommandStatus.PENDING])
        before = f" in place of {rollout.before_revision[:12]}" if rollout.before_revision else ""
        parts = [", ".join(batch) for batch in batches]
        told = f" in {len(parts)} {'batch' if len(parts) == 1 else 'batches'}: {' | '.join(parts)}" if parts else ""
        told += f"; there already: {', '.join(same)}" if same else ""
        yield f"{stack.name}: {rollout.app}: {rollout.kind} {rollout.revision[:12]}{before}{told}"


def resource_lines(stack: Stack, changes: Changes) -> tuple[str, ...]:
    """A diff of the resources of a stack, and what is to be known about them; nothing where all is as it is wanted."""
    diff = [line for change in changes.changes for line in change_lines(stack, change)]
    return (*diff, *resource_notes(stack, changes), *(f"{stack.name}: {problem}" for problem in changes.problems))


def change_lines(stack: Stack, change: Change) -> tuple[str, ...]:
    """One change of a resource: what is done, why, and below it what is different."""
    head = f"{stack.name}: {change.verb.sign} {change.shown}: {change.verb.value} ({change.reason})"
    before = [f"{stack.name}:     - {item}" for item in change.before]
    return (head, *before, *(f"{stack.name}:     + {item}" for item in change.after))


def resource_notes(stack: Stack, changes: Changes) -> tuple[str, ...]:
    """What is kept, what is somebody else's, and what the provider has no means for."""
    kept = [
        f"{stack.name}: {item.shown}: kept ({item.reason}). Delete it for good: stackward converge --allow-destroy"
        for item in changes.kept
    ]
    foreign = [
        f"{stack.name}: {item.balancer}: its member {item.member} is none of this stack's, and is left alone"
        for item in changes.foreign
    ]
    return (*kept, *foreign, *(f"{stack.name}: {text}" for text in changes.unenforced))


_VERB = {
    Desired.ONLINE: "start",
    Desired.STOPPED: "stop",
    Desired.TERMINATED: "terminate",
    Desired.REGISTERED: "register",
}


def scaling_lines(stack: Stack, decision: Decision) -> tuple[str, ...]:
    """One line for each thing that scaling asks for or withholds; none where everything is as it is wanted."""
    asks = [f"{stack.name}: {wish.instance}: scale: {_VERB[wish.desired]} ({wish.reason})" for wish in decision.asks]
    withheld = [
        f"{stack.name}: {item.instance}: scale: {_VERB[item.desired]} withheld"
        f"{f' until {item.until:%Y-%m-%d %H:%M:%S} UTC' if item.until else ''}: {item.reason}"
        for item in decision.withheld
    ]
    return (*asks, *withheld)


def load_lines(stack: Stack, load: ByLoad) -> tuple[str, ...]:
    """One line for each layer of which load wants something, or is kept from it; none where all is calm."""
    lines = []
    for name, decision in load.layers.items():
        its = decision.evaluation
        if its.calm:
            continue
        moves = _moves(decision)
        if moves and not decision.enforced:
            moves = f"recommends to {moves}"
        brakes = [f"{brake.why}{f' (until {brake.until:%H:%M} UTC)' if brake.until else ''}" for brake in its.brakes]
        held = f"held back: {'; '.join(brakes)}" if brakes else ""
        said = ", ".join(part for part in (moves, held) if part)
        lines.append(f"{stack.name}: {name}: load: {its.reason}{f': {said}' if said else ''}")
    return tuple(lines)


def _moves(decision: LoadDecision) -> str:
    starts = [choice.instance for choice in decision.starts]
    stops = [choice.instance for choice in decision.stops]
    return " and ".join(f"{verb} {', '.join(names)}" for verb, names in (("start", starts), ("stop", stops)) if names)


def healing_lines(stack: Stack, decision: Healing, *, only_look: bool = False) -> tuple[str, ...]:
    """One line for each instance that is not well, for each remedy, and for each that is withheld.

    Where healing only looks, it says of every instance how it is.
    """
    lines = [
        f"{stack.name}: {name}: {found.health.value} ({found.reason})"
        for name, found in decision.verdicts.items()
        if only_look or found.health is not Health.WELL
    ]
    if only_look:
        return tuple(lines)
    lines += [f"{stack.name}: {item.instance}: heal: {item.reason}" for item in decision.heals]
    lines += [
        f"{stack.name}: {item.instance}: heal: withheld"
        f"{f' until {item.until:%Y-%m-%d %H:%M:%S} UTC' if item.until else ''}: {item.reason}"
        for item in decision.withheld
    ]
    return tuple(lines)


def _move(stack: Stack, move: Move) -> str:
    why = f"{move.state.value}; {move.initiator.value}: {move.reason}"
    return f"{stack.name}: {move.instance}: {move.what} ({why})"
