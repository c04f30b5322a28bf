"""A recipe, in each of the ways in which one may be written."""

from __future__ import annotations

import re
import shlex
from typing import Any

from stackward.definition.mistake import Mistake, described, shown
from stackward.definition.model import Recipe, RecipeType
from stackward.definition.values import file_path

ROLE = r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*)*"
_RECIPE_RIGHT = "write the name of a role, {tasks: FILE}, {puppet: MANIFEST} or {command: COMMAND}"
_RECIPE_FILES = {".yml": "tasks", ".yaml": "tasks", ".pp": "puppet"}
_ZERO_BYTE = "\0"


def recipe(value: Any) -> Recipe:
    """Return a recipe as the file names it; the path of a task file or manifest is still relative."""
    if isinstance(value, str):
        return Recipe(RecipeType.ROLE, _role(value))
    if not isinstance(value, dict):
        raise Mistake(f"is {described(value)}", _RECIPE_RIGHT)
    if len(value) != 1 or not value.keys() <= {kind.value for kind in RecipeType}:
        raise Mistake(f"a recipe cannot have the keys {', '.join(map(shown, value)) or '(none)'}", _RECIPE_RIGHT)
    (kind, name), *_ = value.items()
    read = {"role": _role, "command": _command}.get(kind, file_path)
    return Recipe(RecipeType(kind), read(name))


def _role(value: Any) -> str:
    if not isinstance(value, str):
        raise Mistake(f"the name of the role is {described(value)}", _RECIPE_RIGHT)
    for ending, kind in _RECIPE_FILES.items():
        if value.endswith(ending):
            raise Mistake(f"{shown(value)} is a file and not a role", f"write {{{kind}: {value}}}")
    if not re.fullmatch(ROLE, value, re.ASCII):
        raise Mistake(f"{shown(value)} is not the name of a role", _RECIPE_RIGHT)
    return value


def _command(value: Any) -> str:
    """Return a command as one text, from a text or a list of its words. No shell reads it."""
    right = "write a command with its arguments, such as [systemctl, reload, nginx]"
    if isinstance(value, list) and value and all(isinstance(word, str) for word in value):
        words = value
    elif isinstance(value, str):
        try:
            words = shlex.split(value)
        except ValueError:
            raise Mistake(f"{shown(value)} has a quotation mark that is never closed", right) from None
    else:
        raise Mistake(f"the command is {described(value)}", right)
    if not words or not words[0] or any(_ZERO_BYTE in word for word in words):
        raise Mistake(f"{shown(value)} is not a command", right)
    return shlex.join(words)
