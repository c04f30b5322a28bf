# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files, blocks, directories, links, and paths that must not be there."""

from __future__ import annotations

import errno
import grp
import os
import pwd
import re
import shutil
import stat

from .commands import call, tail
from .outcome import UNCHANGED, Failed, Outcome

_UNIT_FILE = re.compile(r"^/etc/systemd/system/([^/]+\.(service|socket|timer|mount|path|target)|[^/]+\.d/[^/]+\.conf)$")

_KERNELS = frozenset({"dev", "proc", "sys"})
_SYSTEMS = frozenset({"boot", "run", "usr", "var"})


def is_unit_file(path):
    """Return whether systemd must read its units again after the path has changed."""
    return _UNIT_FILE.match(path) is not None


def apply_file(resource, host):
    """Give a file exactly this content, owner and mode."""
    path, content = resource["path"], resource["content"].encode("utf-8")
    before = _read(path)
    wanted = _wanted(resource, host.check)
    same_content = before == content
    if same_content and _attributes(path) == wanted:
        return UNCHANGED
    if not host.check:
        if same_content:
            host.changing(resource)
            _set_attributes(path, wanted)
        else:
            _replace(
                path,
                content,
                wanted,
                lambda: host.changing(resource),
                validate=resource["validate"],
                secret=resource["secret"],
            )
    message = "new owner or mode" if same_content else "new content" if before is not None else "created"
    if resource["secret"]:
        return Outcome(True, message)
    return Outcome(True, message, _text(before or b""), resource["content"])


def apply_block(resource, host):
    """Give a file these lines between two marker lines, and leave all others alone."""
    path = os.path.realpath(resource["path"])
    before = _read(path)
    text = (before or b"").decode("utf-8", "surrogateescape")
    content = resource["content"] if resource.get("present", True) else None
    after = with_block(text, resource["marker"], content)
    if after == text:
        return UNCHANGED
    if not host.check:
        attributes = _attributes(path) if before is not None else (0, 0, 0o644)
        _replace(path, after.encode("utf-8", "surrogateescape"), attributes, lambda: host.changing(resource))
    return Outcome(True, "new content", _text(before or b""), _text(after.encode("utf-8", "surrogateescape")))


def with_block(text, marker, content):
    """Return the text with exactly one block of that marker, at the place of the first, or at the end.

    With no content at all, None, it has none.
    """
    begin, end = f"# BEGIN stackward {marker}", f"# END stackward {marker}"
    pattern = re.compile(f"^{re.escape(begin)}\n.*?^{re.escape(end)}(?:\n|\\Z)", re.DOTALL | re.MULTILINE)
    if content is None:
        return pattern.sub("", text)
    block = f"{begin}\n{content}{'' if content.endswith(chr(10)) or not content else chr(10)}{end}\n"
    if pattern.search(text) is None:
        return text + ("" if text.endswith("\n") or not text else "\n") + block
    placed = []

    def once(match):
        placed.append(match)
        return block if len(placed) == 1 else ""

    return pattern.sub(once, text)


def apply_directory(resource, host):
    """Make a directory, or give it this owner and mode."""
    path = resource["path"]
    wanted = _wanted(resource, host.check)
    exists = os.path.isdir(path) and not os.path.islink(path)
    if not exists and os.path.lexists(path):
        raise Failed(f"{path} is in the way: it is not a directory. Move it elsewhere.")
    if exists and _attributes(path) == wanted:
        return UNCHANGED
    if not host.check:
        host.changing(resource)
        try:
            os.makedirs(path, mode=0o755, exist_ok=True)
        except OSError as error:
            raise Failed(f"{path} cannot be made: {error.strerror}.") from error
        _set_attributes(path, wanted)
    return Outcome(True, "new owner or mode" if exists else "created")


def apply_link(resource, host):
    """Let a symbolic link point to its target."""
    path, target = resource["path"], resource["target"]
    before = os.readlink(path) if os.path.islink(path) else None
    if before == target:
        return UNCHANGED
    if before is None and os.path.isdir(path):
        raise Failed(
            f"{path} is a directory, so it cannot become a link to {target}. Remove it, or leave out the link."
        )
    if not host.check:
        host.changing(resource)
        candidate = f"{path}.stackward"
        try:
            _forget(candidate)
            os.symlink(target, candidate)
            os.replace(candidate, path)
        except OSError as error:
            raise Failed(f"The link {path} cannot be made: {error.strerror}.") from error
    return Outcome(True, f"points to {target}", f"{before or ''}\n", f"{target}\n")


def apply_absent(resource, host):
    """Remove a path and all below it, but nothing that is mounted there."""
    path = removable(resource["path"])
    if path is None:
        raise Failed(f"{resource['path']} must not be removed: it is too near to the root of the file system.")
    if not os.path.lexists(path):
        return UNCHANGED
    mounts = _mounts_below(path)
    if not _has_removable(path, mounts):
        return UNCHANGED
    if not host.check:
        host.changing(resource)
        try:
            _remove(path, mounts)
        except OSError as error:
            raise Failed(f"{error.filename or path} cannot be removed: {error.strerror}.") from error
    kept = f", but for the volumes {', '.join(sorted(mounts))}" if mounts else ""
    return Outcome(True, f"removed{kept}")


def removable(path):
    """Return the one true form of a path that may be removed, None for one that must not be.

    It must be absolute and name something at least two folders deep (three in /usr and /var, nothing in /proc and its
    like), once links on the way to it, "..", "." and doubled slashes are resolved. A link at its end is not followed.
    """
    folder, name = os.path.split(path.rstrip("/"))
    if not os.path.isabs(path) or name in ("", ".", ".."):
        return None
    parts = [part for part in os.path.realpath(folder).split("/") if part]
    if not parts or parts[0] in _KERNELS or (parts[0] in _SYSTEMS and len(parts) == 1):
        return None
    return "/" + "/".join([*parts, name])


def _mounts_below(path):
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as lines:
        points = [re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal.group(1), 8)), line.split()[4]) for line in lines]
    return {point for point in points if point == path or point.startswith(f"{path}/")}


def _has_removable(path, mounts):
    if path in mounts:
        return False
    if os.path.islink(path) or not os.path.isdir(path) or not any(point.startswith(f"{path}/") for point in mounts):
        return True
    return any(_has_removable(os.path.join(path, entry), mounts) for entry in os.listdir(path))


def _remove(path, mounts):
    if path in mounts:
        return
    if os.path.islink(path) or not os.path.isdir(path):
        os.unlink(path)
    elif any(point.startswith(f"{path}/") for point in mounts):
        for entry in os.listdir(path):
            _remove(os.path.join(path, entry), mounts)
    else:
        shutil.rmtree(path)


def _read(path):
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return b"" if os.path.islink(path) else _not_a_file(path)
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Failed(f"{path} cannot be read: {error.strerror}.") from error


def _not_a_file(path):
    raise Failed(f"{path} is in the way: it is not a regular file. Move it elsewhere.")


def _text(content):
    return content.decode("utf-8", "replace")


def _wanted(resource, check):
    return account(resource["owner"], check), group(resource["group"], check), int(resource["mode"], 8)


def account(name, check):
    """Return the number of an account; None in check mode for one that would have been made before."""
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        if check:
            return None
        raise Failed(f"There is no account {name} on this host.") from None


def group(name, check):
    """Return the number of a group; None in check mode for one that would have been made before."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        if check:
            return None
        raise Failed(f"There is no group {name} on this host.") from None


def _attributes(path):
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return None
    return status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)


def _set_attributes(path, attributes):
    owner, group_number, mode = attributes
    os.chown(path, owner, group_number, follow_symlinks=False)
    os.chmod(path, mode)


def _replace(path, content, attributes, about_to_change, validate=(), secret=False):
    directory, name = os.path.split(path)
    candidate = os.path.join(directory, f".{name}.stackward")
    try:
        _forget(candidate)
        descriptor = os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchown(file.fileno(), attributes[0], attributes[1])
            os.fchmod(file.fileno(), attributes[2])
            os.fsync(file.fileno())
        if validate:
            _validate(path, candidate, validate, secret)
        about_to_change()
        _into_place(candidate, path, content)
    except OSError as error:
        raise Failed(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        _forget(candidate)


def _forget(candidate):
    try:
        os.unlink(candidate)
    except FileNotFoundError:
        return


def _into_place(candidate, path, content):
    try:
        os.replace(candidate, path)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        # A file that is mounted by itself, as container engines do with /etc/hosts, can only be written in place.
        with open(path, "r+b") as file:
            file.write(content)
            file.truncate()
            os.fsync(file.fileno())


def _validate(path, candidate, validate, secret):
    done = call([word.replace("%s", candidate) for word in validate], timeout=60)
    if done.status != 0:
        said = "its output is hidden, as the content is secret" if secret else f"it says:\n{tail(done.output)}"
        raise Failed(f"The new {path} is not valid and was not put in place. {' '.join(validate)} refused it; {said}")
