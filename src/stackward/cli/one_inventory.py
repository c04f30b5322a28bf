"""Whether stack files of one folder can be one inventory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stackward.definition.model import Stack


def clashes(stack: Stack, others: Iterable[Stack]) -> Iterator[str]:
    """Yield what keeps a stack out of an inventory with others of its folder: names that one of them has too."""
    for other in others:
        if Path(other.path).parent != Path(stack.path).parent or other.path == stack.path:
            continue
        if other.name == stack.name:
            yield f"name: {other.path} is a stack {stack.name!r} too; stacks of one folder need different names"
        elif both := [name for name in stack.instances if name in other.instances]:
            yield (
                f"instances: {', '.join(both)}: {other.path} has them too; instances of all stacks in one folder need "
                "different names, as they are hosts of one inventory"
            )
