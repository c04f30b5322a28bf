"""Which provider an instance's machine is with: the one that made it, whatever the stack file says by now."""

from __future__ import annotations

from collections.abc import Iterable

from stackward.definition.model import ProviderChoice, Stack
from stackward.state.records import MachineRecord, StackState

_FOLLOWING = {"static": ("power", "key")}
"""Options that follow the stack file, by the type of the provider; all others stay as when the machine was made."""


def choice(stack: Stack, name: str, machine: MachineRecord | None) -> ProviderChoice:
    """Return the provider of an instance's machine, with its options."""
    wanted = stack.provider_of(name)
    if machine is None or not machine.choice.type:
        return wanted
    made = machine.choice
    if made.type != wanted.type or name not in stack.instances:
        return made
    following = _FOLLOWING.get(made.type, ())
    options = {key: value for key, value in made.options.items() if key not in following}
    now = {key: value for key, value in wanted.options.items() if key in following}
    return ProviderChoice(made.type, {**options, **now})


def by_provider(
    stack: Stack, state: StackState, names: Iterable[str]
) -> tuple[tuple[ProviderChoice, tuple[str, ...]], ...]:
    """Return the instances in groups of one provider with the same options each."""
    found: list[tuple[ProviderChoice, list[str]]] = []
    for name in names:
        record = state.instances.get(name)
        its = choice(stack, name, record.machine if record else None)
        group = next((members for known, members in found if known == its), None)
        if group is None:
            found.append((its, [name]))
        else:
            group.append(name)
    return tuple((its, tuple(members)) for its, members in found)
