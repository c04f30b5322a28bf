# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Releases of apps: unpacked once, whole or not at all, and old ones removed."""

from __future__ import annotations

import base64
import io
import os
import shutil
import tarfile

from . import unchanged
from .files import account, group
from .outcome import UNCHANGED, Failed, Outcome


def decoded(shipped):
    """Return archives that came with the call as something to read from, by their path on the controller."""
    return {path: io.BytesIO(base64.b64decode(text)) for path, text in shipped.items()}


def missing_releases(resources, uploads, bases):
    """Return the releases that are not on the host and that cannot be put there with what came.

    C(bases) are folders of other releases, by archive: what came of it lacks the files that are the same there.
    """
    return [
        {"name": resource["name"], "path": resource["path"], "archive": resource["archive"]}
        for resource in resources
        if resource["kind"] == "release"
        and not os.path.isdir(resource["path"])
        and not _sufficient(resource["archive"], uploads, bases)
    ]


def _sufficient(archive, uploads, bases):
    if archive not in uploads:
        return False
    base = bases.get(archive)
    return base is None or _has_all(base, uploads[archive])


def _has_all(base, archive):
    """Return whether a folder still has the files that an archive leaves out; not where the archive is not whole."""
    try:
        with _opened(archive) as tar:
            return all(_has(base, member) for member in tar)
    except (OSError, EOFError, tarfile.TarError, Failed):
        return False


def _has(base, member):
    same = unchanged.left_out(member)
    return same is None or unchanged.has(_inside(base, member), *same)


def apply_release(resource, host):
    """Unpack a release beside its place, then put it there in one step."""
    path = resource["path"]
    if os.path.isdir(path):
        return UNCHANGED
    if host.check:
        return Outcome(True, "would unpack")
    owner, group_number = account(resource["owner"], False), group(resource["group"], False)
    folder, name = os.path.split(path)
    unpacked = os.path.join(folder, f".{name}.unpacking")
    host.changing(resource)
    try:
        shutil.rmtree(unpacked, ignore_errors=True)
        os.mkdir(unpacked, 0o700)
        archive = resource["archive"]
        unpack(host.uploads[archive], unpacked, owner, group_number, host.bases.get(archive), resource["made_at"])
        os.chown(unpacked, owner, group_number)
        os.chmod(unpacked, 0o750)
        os.rename(unpacked, path)
    except (OSError, EOFError, tarfile.TarError) as error:
        raise Failed(f"The release could not be unpacked into {path}: {error}.") from error
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    return Outcome(True, "unpacked")


def unpack(archive, root, owner, group_number, base=None, made_at=None):
    """Unpack a tar archive, a file or its path, below root; files that it leaves out are taken from below base.

    Raises Failed for a member that would reach outside, or is a device.

    Folders and files can be read by the owner and the group alone; what was executable stays so. All below root get the
    time C(made_at), in seconds since 1970, where it is given; root keeps its own, which tells when it came.
    """
    # Nothing that is unpacked takes the place of a folder, so one that was looked at stays what it is.
    sound = set()
    with _opened(archive) as tar:
        for member in tar:
            path = _inside(root, member, sound)
            if path is None:
                continue
            folder = os.path.dirname(path)
            if folder not in sound:
                os.makedirs(folder, exist_ok=True)
                sound.add(folder)
            if member.isdir():
                os.makedirs(path, exist_ok=True)
            elif member.issym():
                _check_target(root, path, member)
                os.symlink(member.linkname, path)
            elif member.isreg() or member.islnk():
                _write(tar, member, path, base)
            else:
                raise Failed(f"The archive holds {member.name!r}, which is neither file, folder nor link.")
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(folder, name)
            os.chown(path, owner, group_number, follow_symlinks=False)
            if made_at is not None:
                os.utime(path, (made_at, made_at), follow_symlinks=False)
        for path in (os.path.join(folder, name) for name in folders):
            # A link that leads to a folder is among them.
            if not os.path.islink(path):
                os.chmod(path, 0o750)


def _opened(archive):
    if isinstance(archive, str):
        return tarfile.open(archive)
    archive.seek(0)
    return tarfile.open(fileobj=archive)


def _inside(root, member, sound=frozenset()):
    """Return where a member belongs, None for root itself. C(sound) are folders that are known to be below root."""
    name = os.path.normpath(member.name)
    if name == ".":
        return None
    path = os.path.join(root, name)
    folder = os.path.dirname(path)
    beside = os.path.isabs(name) or name.split("/")[0] == ".."
    if beside or not (folder in sound or _is_below(root, folder)):
        raise Failed(f"The archive holds {member.name!r}, which would be written outside of the release.")
    return path


def _is_below(root, path):
    real, top = os.path.realpath(path), os.path.realpath(root)
    return real == top or real.startswith(f"{top}/")


def _check_target(root, path, member):
    if os.path.isabs(member.linkname) or not _is_below(root, os.path.join(os.path.dirname(path), member.linkname)):
        raise Failed(f"The archive holds the link {member.name!r} to {member.linkname!r}, outside of the release.")


def _write(tar, member, path, base):
    mode = 0o750 if member.mode & 0o100 else 0o640
    same = None if base is None else unchanged.left_out(member)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "wb") as target:
        if same is None:
            with _content(tar, member) as source:
                shutil.copyfileobj(source, target, 1 << 20)
        else:
            unchanged.copy(_inside(base, member), *same, target)
        os.fchmod(target.fileno(), mode)


def _content(tar, member):
    try:
        content = tar.extractfile(member)
    except KeyError:
        content = None
    if content is None:
        raise Failed(f"The archive holds {member.name!r}, a link to {member.linkname!r}, which is not in the archive.")
    return content


def apply_releases(resource, host):
    """Remove old releases, never one that a protected link points to."""
    path = resource["path"]
    if not os.path.isdir(path):
        return UNCHANGED
    protected = {os.path.realpath(link) for link in resource["protect"]}
    with os.scandir(path) as entries:
        found = [entry for entry in entries if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")]
    newest_first = sorted(found, key=lambda entry: (entry.stat().st_mtime_ns, entry.name), reverse=True)
    kept = newest_first[: resource["keep"]]
    old = [entry.path for entry in newest_first if entry not in kept and os.path.realpath(entry.path) not in protected]
    if not old:
        return UNCHANGED
    if not host.check:
        host.changing(resource)
        for folder in old:
            shutil.rmtree(folder)
    return Outcome(True, f"{'would remove' if host.check else 'removed'} {', '.join(os.path.basename(p) for p in old)}")
