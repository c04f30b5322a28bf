# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Remembers what files, links and services were before they changed, and puts them back.

What was is on disk before each change, so that a run that is killed can be taken back by the next one. It may hold
secrets, so it is root's alone.
"""

from __future__ import annotations

import base64
import contextlib
import os
import stat

from . import durable
from .outcome import Failed

_KINDS = ("absent", "block", "file", "link")


class Undo:
    """What was before, under a name. Another name forgets what was remembered under the one before."""

    def __init__(self, folder, name):
        self._folder = folder
        self._path = os.path.join(folder, f"{name}.json")
        self._entries = durable.read(self._path, [], "what was there before is not known, so deploy again.")
        self._known = {_key(entry) for entry in self._entries}

    @property
    def entries(self):
        """Return what is remembered, in the order in which it changed."""
        return tuple(self._entries)

    def remember(self, resource, units):
        """Remember what a resource is about to change. What it was at first counts, not what a second call finds."""
        entry = _before(resource, units)
        if entry is None or _key(entry) in self._known:
            return
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        for other in os.listdir(self._folder):
            if os.path.join(self._folder, other) != self._path:
                os.unlink(os.path.join(self._folder, other))
        self._entries.append(entry)
        self._known.add(_key(entry))
        durable.write(self._path, self._entries)

    def forget(self):
        """Forget it: what it was is so again."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)
        self._entries, self._known = [], set()


def _key(entry):
    return entry["kind"], entry["path"]


def _before(resource, units):
    """Return what a path or a unit is now, None for what cannot be put back."""
    if resource["kind"] == "service":
        state = units.state(resource["unit"])
        return {
            "kind": "service",
            "path": resource["unit"],
            "active": state["ActiveState"] not in ("inactive", "failed"),
            "enabled": state["UnitFileState"] == "enabled",
            "notify": [],
        }
    if resource["kind"] not in _KINDS:
        return None
    path = os.path.realpath(resource["path"]) if resource["kind"] == "block" else resource["path"]
    entry = {"kind": "path", "path": path, "notify": list(resource["notify"])}
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return entry
    except OSError as error:
        raise Failed(f"{path} cannot be looked at: {error.strerror}.") from error
    if stat.S_ISLNK(status.st_mode):
        return {**entry, "target": os.readlink(path)}
    if not stat.S_ISREG(status.st_mode):
        return None
    with open(path, "rb") as file:
        content = base64.b64encode(file.read()).decode("ascii")
    return {**entry, "content": content, "attributes": [status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)]}


def put_back(entry):
    """Let a path be what it was. Raises Failed where that cannot be."""
    path = entry["path"]
    candidate = f"{path}.stackward-undo"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(candidate)
    try:
        if "target" in entry:
            os.symlink(entry["target"], candidate)
            os.replace(candidate, path)
        elif "content" in entry:
            owner, group, mode = entry["attributes"]
            descriptor = os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(base64.b64decode(entry["content"]))
                file.flush()
                os.fchown(file.fileno(), owner, group)
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            os.replace(candidate, path)
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
    except OSError as error:
        raise Failed(f"{path} cannot be put back: {error.strerror}.") from error
