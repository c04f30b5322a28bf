"""Archives of code by their exact revision, kept on the controller."""

from __future__ import annotations

import fcntl
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Fetched:
    """Code at an exact revision: a Git commit, or the SHA-256 of an archive or of a directory's content."""

    revision: str
    archive: Path


ENDING = ".tar.gz"
"""What the name of an archive ends with, after its revision."""

LEVEL = 4
"""How hard archives are compressed: from there on time grows faster than size shrinks."""

LEFT_BEHIND = ("download-", "submodules-")
"""How names of what is there while something is fetched begin."""


def folder_of(data: str, app: str) -> Path:
    """Where the code of an app is kept."""
    return Path(data) / "sources" / app


def archive_of(data: str, app: str, revision: str) -> Path:
    """The archive of an exact revision, which may not be there."""
    return folder_of(data, app) / f"{revision}{ENDING}"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let no other process write to an app's folder meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def writing(target: Path) -> Iterator[BufferedIOBase]:
    """Give a file to write an uncompressed tar to, which becomes the archive at the end: whole or not at all."""
    candidate = target.with_suffix(".new")
    try:
        with candidate.open("wb") as file, gzip.GzipFile("", "wb", LEVEL, file, mtime=0) as packed:
            yield packed
        candidate.replace(target)
    finally:
        candidate.unlink(missing_ok=True)
