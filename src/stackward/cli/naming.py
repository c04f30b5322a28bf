"""What a name on the command line means: a stack, a layer, an instance or an app."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from stackward.cli.opening import Known
from stackward.definition.mistake import ended, suggestion
from stackward.definition.model import Stack
from stackward.errors import StackwardError


class Kind(Enum):
    """What can be named."""

    STACK = "stack"
    LAYER = "layer"
    INSTANCE = "instance"
    APP = "app"


@dataclass(frozen=True, slots=True)
class Named:
    """Something with a name, and the stack that it belongs to."""

    kind: Kind
    name: str
    known: Known


def named(name: str, stacks: Sequence[Known], kinds: Sequence[Kind] = tuple(Kind)) -> Named:
    """Return what the name means. An instance that has left its stack file is found as long as it is known.

    Raises StackwardError for a name that means nothing, or something in several stacks.
    """
    found = [Named(kind, name, known) for known in stacks for kind in kinds if name in _names(kind, known.stack, known)]
    if not found:
        there = list(dict.fromkeys(other for known in stacks for kind in kinds for other in _names(kind, known.stack)))
        *some, last = (kind.value for kind in kinds)
        what = f"{', '.join(some)} or {last}" if some else last
        where = ", ".join(known.stack.name for known in stacks)
        hint = suggestion(name, there, f"{kinds[0].value}s" if len(kinds) == 1 else "names")
        raise StackwardError(f"There is no {what} {name!r} in {where}; {ended(hint)}")
    owners = {item.known.stack.name for item in found}
    if len(owners) > 1:
        raise StackwardError(f"{name} is in several stacks ({', '.join(sorted(owners))}); say which with --stack.")
    return found[0]


def _names(kind: Kind, stack: Stack, known: Known | None = None) -> Iterable[str]:
    """Return the names of a kind; with `known` also those of instances that only the state has."""
    match kind:
        case Kind.STACK:
            return (stack.name,)
        case Kind.LAYER:
            return tuple(stack.layers)
        case Kind.APP:
            return tuple(stack.apps)
        case Kind.INSTANCE:
            departed = () if known is None else known.state().instances
            return {**dict.fromkeys(stack.instances), **dict.fromkeys(departed)}


def check(stacks: Sequence[Stack], kind: Kind, names: Iterable[str]) -> None:
    """Refuse names that no stack file has. Raises StackwardError for the first one."""
    there = list(dict.fromkeys(name for stack in stacks for name in _names(kind, stack)))
    for name in names:
        if name not in there:
            several = [part.strip() for part in name.split(",")]
            if len(several) > 1 and set(several) <= set(there):
                each = " ".join(f"--{kind.value} {part}" for part in several)
                raise StackwardError(f"There is no {kind.value} {name!r}; name each by itself: {each}.")
            hint = suggestion(name, there, f"{kind.value}s")
            raise StackwardError(f"There is no {kind.value} {name!r}; {ended(hint)}")


def targets(stack: Stack, instances: Sequence[str], layers: Sequence[str]) -> frozenset[str] | None:
    """Return the instances of the stack that are named, or in a named layer; None where nothing is named."""
    if not instances and not layers:
        return None
    return frozenset(
        name
        for name, instance in stack.instances.items()
        if name in instances or not set(layers).isdisjoint(instance.layers)
    )
