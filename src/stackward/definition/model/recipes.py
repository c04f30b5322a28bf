"""The user's own automation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class RecipeType(Enum):
    """What a recipe is written in."""

    ROLE = "role"
    TASKS = "tasks"
    PUPPET = "puppet"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Recipe:
    """One piece of the user's own automation.

    `name` is a role's name, the path of a task file or of a Puppet manifest, or a command with its arguments quoted as
    for a shell.
    """

    type: RecipeType
    name: str
