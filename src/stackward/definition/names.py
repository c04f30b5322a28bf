"""Whether the names of a stack file can live side by side: as hosts and groups of one inventory, and as host names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from stackward.definition import host_pattern, raw
from stackward.definition.mistake import Finding, Mistake, Path, shown
from stackward.definition.model import Stack
from stackward.lifecycle.states import State

_RESERVED = frozenset({"all", "ungrouped", "localhost"})


def findings(data: Any, line: Callable[[Path], int]) -> Iterator[Finding]:
    """Every clash of names in the file's data; `line` gives the line of a path."""
    stack = raw.text(data, "name")
    layers, apps = list(raw.mapping(data, "layers")), list(raw.mapping(data, "apps"))
    yield from _groups(stack, layers, apps)
    taken = dict.fromkeys(_RESERVED, "has a meaning of its own in Ansible")
    taken |= dict.fromkeys(apps, "is the name of an app")
    taken |= dict.fromkeys(layers, "is the name of a layer")
    if stack is not None:
        taken[stack] = "is the name of the stack"
    yield from _instances(data, taken, line)


def group(name: str) -> str:
    """Return a name as part of an Ansible group's name, which takes no hyphens."""
    return name.replace("-", "_")


def namesake(stack: Stack, other: str) -> str:
    """Say that the stack has the name of one in another file: each would take the other's instances for its own."""
    return (
        f"{stack.path}: name: {other} is the file of a stack {stack.name}; "
        "stacks in one inventory need different names."
    )


def _groups(stack: str | None, layers: list[str], apps: list[str]) -> Iterator[Finding]:
    owners = {f"state_{state.value}": f"the state {state.value}" for state in State}
    owners |= {f"layer_{layer}": f"the layer {layer}" for layer in layers}
    for app in apps:
        name = f"app_{group(app)}"
        if name in owners:
            yield (
                ("apps", app),
                Mistake(
                    f"{shown(app)} makes the same inventory group as {owners[name]} ({name})", "choose another name"
                ),
            )
        owners.setdefault(name, f"the app {app}")
    if stack is None:
        return
    if stack in _RESERVED:
        yield ("name",), Mistake(f"{shown(stack)} has a meaning of its own in Ansible", "choose another name")
    elif group(stack) in owners:
        yield (
            ("name",),
            Mistake(
                f"{shown(stack)} makes the same inventory group as {owners[group(stack)]} ({group(stack)})",
                "choose another name",
            ),
        )


def _instances(data: Any, taken: dict[str, str], line: Callable[[Path], int]) -> Iterator[Finding]:
    patterns = list(_patterns(data))
    total = sum(pattern.count for pattern in patterns)
    if total > host_pattern.LARGEST:
        yield (
            ("instances",),
            Mistake(f"the stack has {total:,} instances", f"a stack may have {host_pattern.LARGEST:,} at most"),
        )
        return
    owners: dict[str, str] = {}
    for pattern in patterns:
        path = ("instances", pattern.text)
        names = dict.fromkeys(pattern.names(), pattern.text)
        for name in sorted(names.keys() & taken.keys()):
            yield path, Mistake(f"the instance name {shown(name)} {taken[name]}", "choose another name")
        yield from _overlaps(pattern.text, names, owners, line)
        for name in names:
            owners.setdefault(name, pattern.text)


def _overlaps(
    key: str, names: dict[str, str], owners: dict[str, str], line: Callable[[Path], int]
) -> Iterator[Finding]:
    """One finding for each other key that stands for some of the same names."""
    shared: dict[str, list[str]] = {}
    for name in names:
        if name in owners:
            shared.setdefault(owners[name], []).append(name)
    for other, both in shared.items():
        some = both[0] if len(both) == 1 else f"{both[0]} and {len(both) - 1} more"
        yield (
            ("instances", key),
            Mistake(
                f"stands for {some}, which {shown(other)} in line {line(('instances', other))} stands for already",
                "let each instance be in one key only",
            ),
        )


def _patterns(data: Any) -> Iterator[host_pattern.HostPattern]:
    """Yield the patterns that can be read; the others are mistakes of form and are reported there."""
    for key in raw.mapping(data, "instances"):
        try:
            yield host_pattern.parse(key)
        except Mistake:
            continue
