"""Which stack files a command is about."""

from __future__ import annotations

import configparser
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackward.errors import StackwardError

VARIABLE = "STACKWARD_INVENTORY"
"""The environment variable that stands for -i; several paths are separated as in PATH."""

CONFIGURATION = "ansible.cfg"
_ENDINGS = ("stack.yml", "stack.yaml")
_NOT_SEARCHED = frozenset({"group_vars", "host_vars"})


@dataclass(frozen=True, slots=True)
class Inventory:
    """The stack files, and what Ansible is given with -i for them (absolute paths)."""

    sources: tuple[Path, ...]
    files: tuple[Path, ...]


def find(given: Sequence[Path], current: Path) -> Inventory:
    """Return the given stack files and those of given folders, or else those of the project around `current`.

    Raises StackwardError if there is none, or a given path does not exist.
    """
    if given:
        return _given([(current / path.expanduser()).resolve() for path in given])
    for folder in (current, *current.parents):
        configured = tuple(_configured(folder / CONFIGURATION))
        for sources in (configured, (folder / "inventory",)):
            files = _stack_files(sources)
            if files:
                return Inventory(sources, files)
        if (folder / CONFIGURATION).is_file():
            break
    raise StackwardError(
        f"There is no stack file: no inventory/*.stack.yml in {current} or in a folder above it. "
        f"Name one with -i FILE, or with the environment variable {VARIABLE}."
    )


def project(stack_file: Path) -> Path | None:
    """Return the nearest folder above the stack file that has an ansible.cfg, None if there is none."""
    return next((folder for folder in stack_file.parents if (folder / CONFIGURATION).is_file()), None)


def _given(paths: list[Path]) -> Inventory:
    for path in paths:
        if not path.exists():
            raise StackwardError(f"There is no stack file or folder {path}.")
    files = _stack_files(paths)
    if not files:
        named = ", ".join(map(str, paths))
        raise StackwardError(f"There is no stack file in {named}. A stack file's name ends in .stack.yml.")
    return Inventory(tuple(paths), files)


def _stack_files(sources: Sequence[Path]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(file for source in sources for file in _below(source)))


def _below(path: Path) -> Iterator[Path]:
    if path.is_file() and path.name.endswith(_ENDINGS):
        yield path
    elif path.is_dir():
        for entry in sorted(path.iterdir()):
            if not entry.name.startswith(".") and entry.name not in _NOT_SEARCHED:
                yield from _below(entry)


def _configured(file: Path) -> Iterator[Path]:
    """Yield the inventory that a project's ansible.cfg names."""
    if not file.is_file():
        return
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read(file, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise StackwardError(f"{file} cannot be read: {' '.join(str(error).split())}. Correct it.") from error
    for entry in parser.get("defaults", "inventory", fallback="").split(","):
        if entry.strip():
            yield (file.parent / os.path.expandvars(entry.strip())).expanduser().resolve()


def narrowed(inventory: Inventory, file: Path) -> Inventory:
    """Return the same inventory with that stack file alone; other kinds of inventory beside it stay."""
    others = set(inventory.files) - {file}
    sources: list[Path] = []
    for source in inventory.sources:
        entries = (source,) if source.is_file() else tuple(_inventory_files(source))
        sources.extend(entry for entry in entries if entry not in others)
    return Inventory(tuple(dict.fromkeys(sources)), (file,))


def _inventory_files(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.name in _NOT_SEARCHED:
            continue
        if entry.is_dir():
            yield from _inventory_files(entry)
        elif entry.suffix in (".yml", ".yaml", ".ini"):
            yield entry
