# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds the user's recipes before any host is touched."""

from __future__ import annotations

from pathlib import Path

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.utils.collection_loader import AnsibleCollectionRef
from ansible.utils.collection_loader._collection_finder import _get_collection_role_path

from stackward.definition.model import RecipeType

NAMES = (".yml", ".yaml")


def found(stack, recipe, event):
    """Return where a recipe is, as plain data for the playbooks. Raises AnsibleActionFail where it does not exist."""
    if recipe.type is RecipeType.TASKS:
        return {"type": "tasks", "name": recipe.name, "tasks_from": ""}
    folder = _role_folder(stack, recipe.name)
    own = any((folder / "tasks" / (event + ending)).is_file() for ending in NAMES)
    return {"type": "role", "name": _role_name(recipe.name, folder), "tasks_from": event if own else "main"}


def _role_name(name, folder):
    return name if AnsibleCollectionRef.is_valid_fqcr(name) else str(folder)


def _role_folder(stack, name):
    if AnsibleCollectionRef.is_valid_fqcr(name):
        inside = _get_collection_role_path(name, None)
        if inside:
            return Path(inside[1])
        raise AnsibleActionFail(f"Role {name} of stack {stack.name} is in no installed collection ({stack.path}).")
    places = [Path(stack.path).parent.parent / "roles", *map(Path, constants.DEFAULT_ROLES_PATH)]
    for place in places:
        if (place / name).is_dir():
            return place / name
    searched = ", ".join(str(place) for place in places)
    raise AnsibleActionFail(
        f"There is no role {name}, which stack {stack.name} ({stack.path}) names; searched {searched}."
    )
