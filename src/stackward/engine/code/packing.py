"""Folders and archives of any kind as one kind of tar, with nothing in it that would reach outside."""

from __future__ import annotations

import copy
import lzma
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import IO

# Names in an archive are text and no paths of this machine; pathlib would not take them as they are.
# ruff: noqa: PTH117, PTH118, PTH120

EXCLUDED = frozenset({".git", "__pycache__", ".venv", ".mypy_cache", ".pytest_cache", "node_modules"})
"""Folders of a directory source that are not part of the code."""

_UNREADABLE = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError),
    *(EOFError, OSError, KeyError, RuntimeError),
)
"""What reading an archive raises where it is cut off, was changed, is encrypted, or is none."""

_PIECE = 1 << 20

LARGEST = 2 * 1024**3
"""The most bytes that the files of an archive may have together."""


_MOST_LINKS = 40
"""How many links Linux follows on the way to one file."""


class UnfitError(ValueError):
    """An archive that cannot be taken; the message says why."""


def pack(root: Path, into: BufferedIOBase, excluded: frozenset[str] = EXCLUDED) -> None:
    """Write the folder as a tar that is the same whenever the files are the same. Raises UnfitError."""
    found, names = False, _Names()
    with tarfile.open(fileobj=into, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(_paths(root, excluded)):
            # None is a socket.
            entry = archive.gettarinfo(path, arcname=str(path.relative_to(root)))
            if entry is not None and entry.islnk():
                # Another name of a file that is in the archive already: hosts get a file of its own.
                entry.type, entry.linkname, entry.size = tarfile.REGTYPE, "", path.stat().st_size
            if entry is None or not (entry.isreg() or entry.isdir() or entry.issym()):
                continue
            found = True
            _check(entry)
            names.add(entry)
            _plain(entry)
            if entry.isreg():
                with path.open("rb") as content:
                    archive.addfile(entry, content)
            else:
                archive.addfile(entry)
    names.refuse_ways_out()
    if not found:
        raise UnfitError("it is empty")


def _paths(root: Path, excluded: frozenset[str]) -> Iterator[Path]:
    """What is below a folder. Raises OSError for one that cannot be read, which else would be left out."""
    with os.scandir(root) as entries:
        for entry in entries:
            if entry.name in excluded:
                continue
            yield Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                yield from _paths(Path(entry.path), excluded)


def check(file: Path) -> None:
    """Raise UnfitError if something in a tar would reach outside."""
    names = _Names()
    with tarfile.open(file, mode="r:") as archive:
        for entry in archive:
            _check(entry)
            names.add(entry)
    names.refuse_ways_out()


def repack(file: Path, into: BufferedIOBase, folder: str = "") -> None:
    """Write an archive (tar, compressed or not, or zip) as a tar of our own; of `folder` in it only.

    Raises UnfitError.
    """
    found, total, names = False, 0, _Names()
    with _whole(), tarfile.open(fileobj=into, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for entry, content in _entries(file):
            _check(entry)
            total += entry.size
            if total > LARGEST:
                raise UnfitError(f"its files have more than {LARGEST // 1024**3} GiB together")
            name = _within(os.path.normpath(entry.name), folder)
            if name is None:
                continue
            found = True
            entry.name = name
            if entry.issym():
                _check(entry)
            names.add(entry)
            _plain(entry)
            archive.addfile(entry, content)
    names.refuse_ways_out()
    if not found:
        raise UnfitError(f"it has no folder {folder!r}" if folder else "it is empty")


@contextmanager
def _whole() -> Iterator[None]:
    """Raise UnfitError where an archive cannot be read to its end: what is cut off is found out while it is copied."""
    try:
        yield
    except _UNREADABLE as error:
        # Python lists one line for each compression that it has tried.
        why = f" ({error})" if "\n" not in str(error) else ""
        raise UnfitError(f"it is neither a whole tar nor a whole zip{why}") from error


def _entries(file: Path) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
    yield from _of_zip(file) if zipfile.is_zipfile(file) else _of_tar(file)


def _of_tar(file: Path) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
    with tarfile.open(file) as archive:
        for member in archive:
            # The archive finds what a link leads to by the names of its members, so these stay as they are.
            entry, content = copy.copy(member), None
            if member.isreg() or member.islnk():
                content = archive.extractfile(member)
            if content is not None:
                # A link to a file is a file of its own, and one with holes is written whole.
                entry.type, entry.size = tarfile.REGTYPE, content.seek(0, os.SEEK_END)
                content.seek(0)
            yield entry, content
        while archive.fileobj is not None and archive.fileobj.read(_PIECE):
            # What was changed on its way shows in the sum at the very end, behind the end of the tar.
            pass


def _of_zip(file: Path) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
    with zipfile.ZipFile(file) as archive:
        for item in archive.infolist():
            entry = tarfile.TarInfo(item.filename)
            mode = item.external_attr >> 16
            entry.mode = mode & 0o777
            if item.is_dir():
                entry.type = tarfile.DIRTYPE
                yield entry, None
            elif stat.S_ISLNK(mode):
                entry.type, entry.linkname = tarfile.SYMTYPE, archive.read(item).decode("utf-8", "replace")
                yield entry, None
            else:
                entry.size = item.file_size
                with archive.open(item) as content:
                    yield entry, content


def _within(name: str, folder: str) -> str | None:
    if not folder:
        return None if name == "." else name
    wanted = os.path.normpath(folder)
    return name[len(wanted) + 1 :] if name.startswith(f"{wanted}/") else None


def _check(entry: tarfile.TarInfo) -> None:
    name = os.path.normpath(entry.name)
    if os.path.isabs(entry.name) or name.split("/")[0] == "..":
        raise UnfitError(f"{entry.name!r} in it would be written outside of the release")
    if entry.issym():
        target = os.path.normpath(os.path.join(os.path.dirname(name), entry.linkname))
        if os.path.isabs(entry.linkname) or target.split("/")[0] == "..":
            raise UnfitError(f"the link {entry.name!r} in it leads to {entry.linkname!r}, outside of the release")
    elif not (entry.isreg() or entry.isdir() or entry.islnk()):
        raise UnfitError(f"{entry.name!r} in it is neither file, folder nor link")


class _Names:
    """What an archive holds so far. A host cannot unpack what would be in two places, or in one that is no folder."""

    def __init__(self) -> None:
        self._folders: set[str] = set()
        self._others: set[str] = set()
        self._links: dict[str, str] = {}

    def add(self, entry: tarfile.TarInfo) -> None:
        """Take up another one. Raises UnfitError."""
        name = os.path.normpath(entry.name)
        if name in self._others or (name in self._folders and not entry.isdir()):
            raise UnfitError(f"it holds {entry.name!r} more than once")
        (self._folders if entry.isdir() else self._others).add(name)
        if entry.issym():
            self._links[name] = entry.linkname
        while name := os.path.dirname(name):
            if name in self._others:
                raise UnfitError(f"{entry.name!r} in it is below {name!r}, which is no folder")
            self._folders.add(name)

    def refuse_ways_out(self) -> None:
        """Raise UnfitError where a link leads outside by way of others, which one alone does not show."""
        for name in self._links:
            if self._outside(name):
                raise UnfitError(f"the link {name!r} in it leads to {self._links[name]!r}, outside of the release")

    def _outside(self, name: str) -> bool:
        place, left, followed = name.split("/")[:-1], self._links[name].split("/"), 0
        # Links that lead round in a circle lead nowhere.
        while left and followed <= _MOST_LINKS:
            part = left.pop(0)
            if part == ".." and not place:
                return True
            if part == "..":
                place.pop()
            elif part not in ("", "."):
                place.append(part)
                further = self._links.get("/".join(place))
                if further is not None:
                    place.pop()
                    left = further.split("/") + left
                    followed += 1
        return False


def _plain(entry: tarfile.TarInfo) -> None:
    """Leave out of an entry what is not code: times, owners, and rights but that to execute."""
    entry.mtime = 0
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
    entry.pax_headers = {}
