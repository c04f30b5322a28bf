"""Changes of resources in words."""

from __future__ import annotations

from stackward.definition.model import Stack
from stackward.resources.change import Change, Changes


def resource_lines(stack: Stack, changes: Changes) -> tuple[str, ...]:
    """A diff of the resources of a stack, and what is to be known about them; nothing where all is as it is wanted."""
    every = (*changes.changes, *changes.moving)
    diff = [line for change in every for line in change_lines(stack, change)]
    return (*diff, *resource_notes(stack, changes), *(f"{stack.name}: {problem}" for problem in changes.problems))


def change_lines(stack: Stack, change: Change) -> tuple[str, ...]:
    """One change of a resource: what is done, why, and below it what is different."""
    head = f"{stack.name}: {change.verb.sign} {change.shown}: {change.verb.value} ({change.reason})"
    before = [f"{stack.name}:     - {item}" for item in change.before]
    return (head, *before, *(f"{stack.name}:     + {item}" for item in change.after))


def resource_notes(stack: Stack, changes: Changes) -> tuple[str, ...]:
    """What has to wait, what is kept, what is somebody else's, and what the provider has no means for."""
    later = [f"{stack.name}: {item.shown}: made and mounted {item.reason}" for item in changes.later]
    kept = [
        f"{stack.name}: {item.shown}: kept ({item.reason}). Delete it for good: stackward converge --allow-destroy"
        for item in changes.kept
    ]
    foreign = [
        f"{stack.name}: {item.balancer}: its member {item.member} is none of this stack's, and is left alone"
        for item in changes.foreign
    ]
    return (*later, *kept, *foreign, *(f"{stack.name}: {text}" for text in changes.unenforced))
