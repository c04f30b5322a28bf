"""Code from a Git repository: a mirror on the controller, and an archive of the commit that is meant."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from io import BufferedIOBase
from pathlib import Path

from stackward.definition.location import without_credentials
from stackward.definition.model import App
from stackward.engine.code import complaints
from stackward.engine.code.kept import LEFT_BEHIND, Fetched, archive_of, folder_of, writing
from stackward.engine.code.packing import UnfitError, check, pack
from stackward.errors import StackwardError

_DEFAULT = "refs/stackward/head"
"""Where the mirror keeps what the default branch is there."""

_PIECE = 1 << 20
_COMMIT = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")

_OF_A_HOOK = frozenset(
    {
        *("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE"),
        *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH"),
    }
)
"""Variables by which Git tells its hooks which repository they are for. Every Git that they start would use that."""

FETCH_SECONDS = 600
"""How long Git may take to fetch."""


def fetch(data: str, app: App, wanted: str | None) -> Fetched:
    """The code at a branch, tag or commit; the default branch where None is named. Raises StackwardError."""
    key = app.source.deploy_key
    if key is not None and not Path(key).is_file():
        raise StackwardError(f"App {app.name}: its deploy_key {key} is not there. Nothing was deployed.")
    mirror = folder_of(data, app.name) / "repository.git"
    if not (mirror / "HEAD").exists():
        _git(app, "init", "--quiet", "--bare", str(mirror))
    # HEAD of the mirror is what Git here calls a first branch; the one there may lead nowhere.
    name = _DEFAULT if wanted in (None, "HEAD") else str(wanted)
    refs = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
    refs += [f"+HEAD:{_DEFAULT}"] if name == _DEFAULT else []
    _git(app, "-C", str(mirror), "fetch", "--quiet", "--prune", "--force", app.source.location, *refs)
    shown = without_credentials(app.source.location)
    commit = _commit(app, mirror, name)
    if commit is None and _COMMIT.fullmatch(name):
        # It may be there all the same, on no branch any more.
        with contextlib.suppress(StackwardError):
            _git(app, "-C", str(mirror), "fetch", "--quiet", app.source.location, name)
        commit = _commit(app, mirror, name)
    if commit is None:
        raise StackwardError(
            f"App {app.name} has no revision {name!r}; name a branch, a tag or a commit of {shown}. "
            "Nothing was deployed."
        )
    if commit != (_commit(app, mirror, f"refs/heads/{name}") or commit):
        raise StackwardError(
            f"App {app.name}: {shown} has a branch and a tag {name!r}, which differ; write refs/heads/{name} or "
            f"refs/tags/{name}. Nothing was deployed."
        )
    target = archive_of(data, app.name, commit)
    if not target.exists():
        try:
            with writing(target) as tar:
                _archive(app, mirror, commit, tar)
        except UnfitError as error:
            raise StackwardError(
                f"App {app.name}: commit {commit[:12]} of {shown} cannot be deployed: {error}. Nothing was deployed."
            ) from error
    return Fetched(commit, target)


def _commit(app: App, mirror: Path, name: str) -> str | None:
    """The commit that a name stands for in the mirror, None where it stands for none."""
    done = _done(app, "-C", str(mirror), "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    return done.stdout.decode().strip() if done.returncode == 0 else None


def _archive(app: App, mirror: Path, commit: str, tar: BufferedIOBase) -> None:
    if app.source.submodules and _git(app, "-C", str(mirror), "ls-tree", commit, "--", ".gitmodules"):
        _with_submodules(app, mirror, commit, tar)
        return
    with tempfile.NamedTemporaryFile(dir=mirror.parent, prefix=LEFT_BEHIND[0]) as file:
        _git(app, "-C", str(mirror), "archive", "--format=tar", f"--output={file.name}", commit)
        check(Path(file.name))
        shutil.copyfileobj(file, tar, _PIECE)


def _with_submodules(app: App, mirror: Path, commit: str, tar: BufferedIOBase) -> None:
    with tempfile.TemporaryDirectory(dir=mirror.parent, prefix=LEFT_BEHIND[1]) as folder:
        _git(app, "clone", "--quiet", "--no-checkout", str(mirror), folder)
        _git(app, "-C", folder, "remote", "set-url", "origin", app.source.location)
        _git(app, "-C", folder, "checkout", "--quiet", "--detach", commit)
        here = Path(app.source.location).is_absolute() or app.source.location.startswith("file://")
        local = ("-c", "protocol.file.allow=always") if here else ()
        _git(app, *local, "-C", folder, "submodule", "--quiet", "update", "--init", "--recursive")
        pack(Path(folder), tar, frozenset({".git"}))


def _git(app: App, *arguments: str) -> bytes:
    done = _done(app, *arguments)
    if done.returncode != 0:
        why = _why(app, without_credentials(app.source.location), done.stderr.decode(errors="replace"))
        raise StackwardError(f"App {app.name} {why}. Nothing was deployed.")
    return done.stdout


def _done(app: App, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["git", *arguments],  # noqa: S607 - found on the PATH, as a person would
            capture_output=True,
            env=_environment(app),
            timeout=FETCH_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise StackwardError(
            f"App {app.name} comes from Git, and there is no git on this machine; install the package git."
        ) from None
    except subprocess.TimeoutExpired:
        raise StackwardError(
            f"App {app.name}: Git took longer than {FETCH_SECONDS} s to fetch "
            f"{without_credentials(app.source.location)}; nothing was deployed."
        ) from None


def _why(app: App, shown: str, said: str) -> str:
    part = complaints.submodule(said)
    place = f"{shown}: its submodule {part}" if part else shown
    remedy = complaints.remedy(said, app.source.deploy_key)
    return f"cannot be fetched from {place}: {complaints.reason(said)}" + (f". {remedy}" if remedy else "")


def _environment(app: App) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    environment = {**inherited, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    key = app.source.deploy_key
    if key is None:
        environment.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
    else:
        environment["GIT_SSH_COMMAND"] = f"ssh -o BatchMode=yes -o IdentitiesOnly=yes -i {shlex.quote(key)}"
    return environment
