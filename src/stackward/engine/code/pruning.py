"""Removes code of apps from the controller that no release refers to, so that it does not grow for ever."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from stackward.engine.code.kept import ENDING, LEFT_BEHIND, folder_of, locked
from stackward.errors import StackwardError
from stackward.rollout.surplus import surplus


def prune(data: str, app: str, needed: Collection[str], now: datetime) -> tuple[str, ...]:
    """Remove archives of an app whose revision is not among `needed`, and what broken fetches have left behind.

    Returns the names of what went. Raises StackwardError where it cannot be removed.
    """
    folder = folder_of(data, app)
    if not folder.is_dir():
        return ()
    with _removing(folder), locked(folder):
        found = {path.name: _since(path) for path in _prunable(folder)}
        gone = surplus(found, {f"{revision}{ENDING}" for revision in needed}, now)
        for name in gone:
            _remove(folder / name)
    return gone


def prune_departed(
    data: str, apps: Collection[str], now: datetime, ours: Callable[[str], bool] = lambda _app: True
) -> tuple[str, ...]:
    """Remove all code of apps that are not among these and that were `ours`: several stacks may share a folder.

    Returns their names. Raises as `prune`.
    """
    folder = folder_of(data, "")
    if not folder.is_dir():
        return ()
    with _removing(folder):
        found = {path.name: _since(path) for path in folder.iterdir() if path.is_dir()}
        gone = tuple(name for name in surplus(found, apps, now) if ours(name))
        for name in gone:
            shutil.rmtree(folder / name)
    return gone


def _prunable(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name.endswith(ENDING) or path.name.startswith(LEFT_BEHIND) or path.suffix == ".new":
            yield path


def _since(path: Path) -> datetime:
    return datetime.fromtimestamp(path.lstat().st_mtime, UTC)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


@contextmanager
def _removing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StackwardError(
            f"Code that nobody needs any more cannot be removed from {folder}: {error.strerror or error}."
        ) from error
