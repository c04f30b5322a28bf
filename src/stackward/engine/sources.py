"""Fetches an app's code once on the controller and keeps it as an archive named by its exact revision."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import io
import os
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from stackward.definition.model import App, SourceType
from stackward.errors import StackwardError

FETCH_SECONDS = 600
"""How long Git may take to fetch."""

EXCLUDED = frozenset({".git", "__pycache__", ".venv", ".mypy_cache", ".pytest_cache", "node_modules"})
"""Folders of a directory source that are not part of the code."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """Code at an exact revision: a Git commit, or the SHA-256 of a directory's content."""

    revision: str
    archive: Path


def fetch(data: str, app: App, revision: str | None = None) -> Fetched:
    """The app's code at `revision` (else at the revision of its source). Fetched only if it is not here yet.

    Raises StackwardError when the source cannot be reached or has no such revision; no host has been touched then.
    """
    with _locked(data, app.name):
        if revision is not None and _archive(data, app, revision).exists():
            return Fetched(revision, _archive(data, app, revision))
        if app.source.type is SourceType.GIT:
            return _from_git(data, app, revision or app.source.revision)
        return _from_directory(data, app, revision)


def without_credentials(location: str) -> str:
    """A URL without user and password, fit to be shown."""
    parts = urlsplit(location)
    if not parts.netloc or "@" not in parts.netloc:
        return location
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


@contextmanager
def _locked(data: str, app: str) -> Iterator[None]:
    folder = Path(data) / "sources" / app
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _archive(data: str, app: App, revision: str) -> Path:
    return Path(data) / "sources" / app.name / f"{revision}.tar.gz"


def _from_git(data: str, app: App, wanted: str | None) -> Fetched:
    mirror = Path(data) / "sources" / app.name / "repository.git"
    location = app.source.location
    shown = without_credentials(location)
    if not (mirror / "HEAD").exists():
        _git(app, shown, "init", "--quiet", "--bare", str(mirror))
    _git(
        app,
        shown,
        "-C",
        str(mirror),
        "fetch",
        "--quiet",
        "--prune",
        "--force",
        location,
        "+refs/heads/*:refs/heads/*",
        "+refs/tags/*:refs/tags/*",
        "+HEAD:refs/stackward/head",
    )
    name = wanted or "refs/stackward/head"
    commit = _git(
        app,
        shown,
        "-C",
        str(mirror),
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        f"{name}^{{commit}}",
        problem=f"has no revision {name!r}; name a branch, a tag or a commit of {shown}",
    ).strip()
    target = _archive(data, app, commit)
    if not target.exists():
        content = _git_bytes(app, shown, "-C", str(mirror), "archive", "--format=tar", commit)
        _store(target, content)
    return Fetched(commit, target)


def _git(app: App, shown: str, *arguments: str, problem: str | None = None) -> str:
    return _git_bytes(app, shown, *arguments, problem=problem).decode(errors="replace")


def _git_bytes(app: App, shown: str, *arguments: str, problem: str | None = None) -> bytes:
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    environment.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
    try:
        done = subprocess.run(
            ["git", *arguments],  # noqa: S607 - found on the PATH, as a person would
            capture_output=True,
            env=environment,
            timeout=FETCH_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise StackwardError(
            f"App {app.name} comes from Git, and there is no git on this machine; install the package git."
        ) from None
    except subprocess.TimeoutExpired:
        raise StackwardError(
            f"App {app.name}: Git took longer than {FETCH_SECONDS} s to fetch {shown}; nothing was deployed."
        ) from None
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").replace(app.source.location, shown).strip()
        reason = problem or f"cannot be fetched from {shown}: {said.splitlines()[-1] if said else 'git failed'}"
        raise StackwardError(f"App {app.name} {reason}. Nothing was deployed.")
    return done.stdout


def _from_directory(data: str, app: App, wanted: str | None) -> Fetched:
    root = Path(app.source.location)
    if not root.is_dir():
        raise StackwardError(f"App {app.name}: its source {root} is not a directory. Nothing was deployed.")
    content = _packed(root)
    revision = hashlib.sha256(content).hexdigest()
    if wanted is not None and revision != wanted:
        raise StackwardError(
            f"App {app.name}: revision {wanted[:12]} of directory {root} is not kept on this controller and the "
            "directory has changed since; deploy the app again."
        )
    target = _archive(data, app, revision)
    if not target.exists():
        _store(target, content)
    return Fetched(revision, target)


def _packed(root: Path) -> bytes:
    """The directory as a tar that is the same whenever the files are the same."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(root.rglob("*")):
            inside = path.relative_to(root)
            if EXCLUDED & set(inside.parts):
                continue
            entry = archive.gettarinfo(path, arcname=str(inside))
            if not (entry.isreg() or entry.isdir() or entry.issym()):
                continue
            entry.mtime = 0
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = "root"
            entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
            if entry.isreg():
                with path.open("rb") as content:
                    archive.addfile(entry, content)
            else:
                archive.addfile(entry)
    return buffer.getvalue()


def _store(target: Path, content: bytes) -> None:
    """Write the archive whole or not at all."""
    candidate = target.with_suffix(".new")
    candidate.write_bytes(gzip.compress(content, compresslevel=6, mtime=0))
    candidate.replace(target)
