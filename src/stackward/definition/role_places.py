"""Where roles are: in the project, in Ansible's folders for roles, and in installed collections."""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterator
from dataclasses import dataclass

from stackward.definition.mistake import Mistake, shown, suggestion
from stackward.definition.recipe_values import ROLE

# os.path says no where pathlib raises for a path that may not be looked at.
# ruff: noqa: PTH112, PTH118, PTH208


@dataclass(frozen=True, slots=True)
class RolePlaces:
    """Ansible's folders for roles (`roles_path`), and the folders that hold `ansible_collections`; all absolute."""

    roles: tuple[str, ...]
    collections: tuple[str, ...]

    def folder(self, name: str, own: tuple[str, ...]) -> str | None:
        """Return the folder of a role, None if there is no such role. `own` are the project's folders for roles."""
        for candidate in self._candidates(name, own):
            if os.path.isdir(candidate):
                return candidate
        return None

    def missing(self, name: str, own: tuple[str, ...]) -> Mistake:
        """Return the mistake of naming a role that is nowhere."""
        if in_collection(name):
            return Mistake(f"there is no role {shown(name)} in any installed collection", "install its collection")
        searched = tuple(dict.fromkeys((*own, *self.roles)))
        known = {entry for folder in searched if os.path.isdir(folder) for entry in os.listdir(folder)}
        right = suggestion(name, sorted(known), "roles there")
        return Mistake(f"there is no role {shown(name)} in {', '.join(searched)}", right)

    def _candidates(self, name: str, own: tuple[str, ...]) -> Iterator[str]:
        if in_collection(name):
            namespace, collection, *role = name.split(".")
            for folder in self.collections:
                yield os.path.join(folder, "ansible_collections", namespace, collection, "roles", *role)
        for folder in (*own, *self.roles):
            yield os.path.join(folder, name)


def in_collection(name: str) -> bool:
    """Whether a role's name is that of a collection's role: at least three words with dots between them."""
    return name.count(".") >= 2


def role_name(name: str) -> bool:
    """Whether a text can be a role's name at all; other texts are mistakes of form."""
    return re.fullmatch(ROLE, name, re.ASCII) is not None and not name.endswith((".yml", ".yaml", ".pp"))
