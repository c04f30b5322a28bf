# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds the user's recipes before any host is touched."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible_collections.stackward.ops.plugins.plugin_utils import session

from stackward.definition import recipe_values
from stackward.definition.mistake import Mistake
from stackward.definition.model import Recipe, RecipeType
from stackward.definition.places import Places
from stackward.definition.role_places import in_collection

NAMES = (".yml", ".yaml")


def found(stack, recipe, event):
    """Return where a recipe is, as plain data for the playbooks. Raises AnsibleActionFail where it does not exist."""
    if recipe.type is RecipeType.COMMAND:
        return _data(recipe, words=shlex.split(recipe.name))
    if recipe.type is not RecipeType.ROLE:
        return _data(recipe, title=os.path.basename(recipe.name))
    places, own = session.role_places(), Places.of(stack.path).roles
    folder = places.folder(recipe.name, own)
    if folder is None:
        missing = places.missing(recipe.name, own)
        raise AnsibleActionFail(f"{stack.path}: {missing.wrong}; {missing.right}")
    own = any(Path(folder, "tasks", event + ending).is_file() for ending in NAMES)
    name = recipe.name if in_collection(recipe.name) else folder
    return _data(recipe, name=name, tasks_from=event if own else "main")


def named(stack, given):
    """Return a recipe that somebody named for a run, as the stack file would write it, or by its file's name alone.

    Its file is looked for where the command was given, then where the stack file would look. Raises AnsibleActionFail.
    """
    if isinstance(given, str) and given.endswith(NAMES):
        given = {"tasks": given}
    elif isinstance(given, str) and given.endswith(".pp"):
        given = {"puppet": given}
    try:
        recipe = recipe_values.recipe(given)
    except Mistake as mistake:
        raise AnsibleActionFail(f"recipes: {given!r}: {mistake.wrong}; {mistake.right}") from mistake
    if recipe.type not in (RecipeType.TASKS, RecipeType.PUPPET):
        return recipe
    here = os.path.abspath(os.path.expanduser(recipe.name))
    path = here if os.path.isfile(here) else Places.of(stack.path).recipe_file(recipe.name)
    if path is None:
        searched = ", ".join(dict.fromkeys((os.getcwd(), *Places.of(stack.path).searched)))
        raise AnsibleActionFail(f"There is no file {recipe.name}; searched {searched}.")
    return Recipe(recipe.type, path)


def _data(recipe, *, name="", title="", words=(), tasks_from=""):
    return {
        "type": recipe.type.value,
        "name": name or recipe.name,
        "title": title or recipe.name,
        "tasks_from": tasks_from,
        "words": list(words),
    }
