"""What a release has that another one has not, so that a host which has that one need not be sent the whole."""

from __future__ import annotations

import contextlib
import hashlib
import tarfile
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from stackward.engine.code.kept import ENDING, locked, writing

UNCHANGED = "STACKWARD.unchanged"
"""The header of a file that is the same there: its size and its SHA-256, in place of its content."""

WORTH = 0.5
"""The greatest share of the whole that is still worth leaving the rest out: a host has to read what it is not sent."""

_PIECE = 1 << 20
_IN_MEMORY = 8 << 20


def difference(base: Path, archive: Path) -> Path | None:
    """An archive of what is in `archive` and not in `base`; None where that is most of it.

    It is made once, and is beside the archives until they are pruned; an empty one says that it was not worth it. A
    file that is the same in both is in it without its content. None also where it cannot be made, as of a damaged
    archive: it only saves what sending the whole takes.
    """
    made = archive.with_name(f"{_revision(archive)}-since-{_revision(base)}{ENDING}")
    with locked(archive.parent), contextlib.suppress(tarfile.TarError, zlib.error, EOFError, OSError):
        if not made.exists():
            there = _files(base)
            if _may_be_worth_it(there, archive):
                _make(made, there, archive)
            else:
                made.touch()
        if 0 < made.stat().st_size <= WORTH * archive.stat().st_size:
            return made
    return None


def _revision(archive: Path) -> str:
    return archive.name.removesuffix(ENDING)


def _files(archive: Path) -> Mapping[str, str]:
    """What is said of each file in place of its content, by name."""
    with tarfile.open(archive) as tar:
        return {entry.name: _summary(entry, content) for entry in tar if (content := _content(tar, entry)) is not None}


def _may_be_worth_it(there: Mapping[str, str], archive: Path) -> bool:
    """Whether enough is as large as it was. One large file that is another each time is not worth a comparison."""
    with tarfile.open(archive) as tar:
        sizes = {entry.name: entry.size for entry in tar if entry.isreg()}
    as_large = sum(size for name, size in sizes.items() if there.get(name, "").startswith(f"{size} "))
    return as_large >= (1 - WORTH) * sum(sizes.values())


def _make(made: Path, there: Mapping[str, str], archive: Path) -> None:
    with (
        tarfile.open(archive) as whole,
        writing(made) as file,
        tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as changes,
    ):
        for entry in whole:
            content = _content(whole, entry)
            entry.pax_headers = {}
            if content is None:
                changes.addfile(entry)
                continue
            with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy:
                summary = _summary(entry, content, copy)
                if there.get(entry.name) == summary:
                    entry.pax_headers, entry.size = {UNCHANGED: summary}, 0
                copy.seek(0)
                changes.addfile(entry, copy)


def _content(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes] | None:
    return tar.extractfile(entry) if entry.isreg() else None


def _summary(entry: tarfile.TarInfo, content: IO[bytes], copy: IO[bytes] | None = None) -> str:
    """Size and SHA-256 of a file, which is also written to `copy`: an archive is read from front to back once."""
    digest = hashlib.sha256()
    while piece := content.read(_PIECE):
        digest.update(piece)
        if copy is not None:
            copy.write(piece)
    return f"{entry.size} {digest.hexdigest()}"
