"""Names for shell completion. Whatever is wrong, nothing is printed and nothing is written: there are just no names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from stackward.errors import StackwardError

if TYPE_CHECKING:
    from stackward.definition.model import Stack


def _stacks(context: typer.Context) -> tuple[Stack, ...]:
    try:
        from stackward.cli.finding import find
        from stackward.cli.opening import read

        given = [Path(path) for path in context.params.get("inventory") or ()]
        return read(find(given, Path.cwd()))
    except (StackwardError, OSError, ValueError):
        return ()


def _starting(names: Iterable[str], incomplete: str) -> list[str]:
    return sorted({name for name in names if name.startswith(incomplete)})


def stacks(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the names of stacks."""
    return _starting((stack.name for stack in _stacks(ctx)), incomplete)


def instances(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the names of instances."""
    return _starting((name for stack in _stacks(ctx) for name in stack.instances), incomplete)


def layers(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the names of layers."""
    return _starting((name for stack in _stacks(ctx) for name in stack.layers), incomplete)


def apps(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the names of apps."""
    return _starting((name for stack in _stacks(ctx) for name in stack.apps), incomplete)


def instances_and_layers(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the names of instances and layers."""
    return sorted({*instances(ctx, incomplete), *layers(ctx, incomplete)})


def everything(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the names of stacks, layers, instances and apps."""
    found = (stacks, layers, instances, apps)
    return sorted({name for names in found for name in names(ctx, incomplete)})
