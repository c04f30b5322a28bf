"""Where Ansible would look for roles, found out without starting Ansible."""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from stackward.cli.finding import CONFIGURATION, project
from stackward.definition.role_places import RolePlaces

_SYSTEM = ("/usr/share/ansible", "/etc/ansible")
_CONFIGURATIONS = ("~/.ansible.cfg", "/etc/ansible/ansible.cfg")


def role_places(stack_file: Path, environment: Mapping[str, str]) -> RolePlaces:
    """Return where a run for this stack file finds roles, by the environment and the `ansible.cfg` that counts.

    The defaults are ansible-core's (`ansible-config list`: DEFAULT_ROLES_PATH, COLLECTIONS_PATHS).
    """
    configuration, given = _configuration(stack_file, environment)
    home = os.path.expanduser(environment.get("ANSIBLE_HOME") or given.get("home") or "~/.ansible")  # noqa: PTH111
    roles = _paths("ANSIBLE_ROLES_PATH", "roles_path", environment, configuration, given)
    collections = _paths("ANSIBLE_COLLECTIONS_PATH", "collections_path", environment, configuration, given)
    return RolePlaces(
        roles=roles or tuple(f"{folder}/roles" for folder in (home, *_SYSTEM)),
        collections=tuple(
            _above(path) for path in (*(collections or (f"{home}/collections", f"{_SYSTEM[0]}/collections")), *sys.path)
        ),
    )


def _configuration(stack_file: Path, environment: Mapping[str, str]) -> tuple[Path, Mapping[str, str]]:
    """Return the `ansible.cfg` that counts, and its section `defaults`; one that cannot be read is Ansible's matter."""
    own = project(stack_file.absolute())
    candidates = [environment.get("ANSIBLE_CONFIG"), str(own / CONFIGURATION) if own else None, *_CONFIGURATIONS]
    for candidate in filter(None, candidates):
        path = Path(candidate).expanduser()
        path = path / CONFIGURATION if path.is_dir() else path
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            if parser.read(path, encoding="utf-8"):
                return path, dict(parser["defaults"]) if parser.has_section("defaults") else {}
        except (configparser.Error, UnicodeDecodeError):
            return path, {}
    return stack_file, {}


def _paths(
    variable: str, key: str, environment: Mapping[str, str], configuration: Path, given: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the folders of a setting. Relative ones start where the setting is: here, or beside the configuration."""
    written, start = environment.get(variable), Path.cwd()
    if not written:
        written, start = given.get(key), configuration.absolute().parent
    parts = [part.strip() for part in (written or "").split(os.pathsep)]
    return tuple(str(start / Path(os.path.expandvars(part)).expanduser()) for part in parts if part)


def _above(path: str) -> str:
    folder = Path(path)
    return str(folder.parent if folder.name == "ansible_collections" else folder)
