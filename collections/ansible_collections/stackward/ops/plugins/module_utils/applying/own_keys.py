# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The SSH keys of an account. Its owner can put anything in the place of their own folders, so no link is followed."""

from __future__ import annotations

import contextlib
import os
import stat

from .outcome import Failed

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = "authorized_keys"
_CANDIDATE = ".authorized_keys.stackward"


def are(account, keys):
    """Return whether the account has exactly these keys, in a file and folder as SSH wants them."""
    with contextlib.ExitStack() as opened:
        try:
            folder = _open(opened, account)
            status = os.stat(_FILE, dir_fd=folder, follow_symlinks=False)
            if not stat.S_ISREG(status.st_mode) or (status.st_uid, stat.S_IMODE(status.st_mode)) != (
                account.pw_uid,
                0o600,
            ):
                return False
            descriptor = os.open(_FILE, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
        except FileNotFoundError:
            return not keys
        with os.fdopen(descriptor, "rb") as file:
            return file.read() == _content(keys)


def write(account, keys):
    """Give the account exactly these keys. Raises Failed where something is in the way."""
    with contextlib.ExitStack() as opened:
        try:
            home = os.open(account.pw_dir, _FOLDER)
            opened.callback(os.close, home)
            with contextlib.suppress(FileExistsError):
                os.mkdir(".ssh", 0o700, dir_fd=home)
                os.chown(".ssh", account.pw_uid, account.pw_gid, dir_fd=home, follow_symlinks=False)
            folder = _open(opened, account)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(_CANDIDATE, dir_fd=folder)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            with os.fdopen(os.open(_CANDIDATE, flags, 0o600, dir_fd=folder), "wb") as file:
                file.write(_content(keys))
                file.flush()
                os.fchown(file.fileno(), account.pw_uid, account.pw_gid)
                os.fchmod(file.fileno(), 0o600)
                os.fsync(file.fileno())
            os.replace(_CANDIDATE, _FILE, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError as error:
            raise Failed(f"The SSH keys of {account.pw_name} cannot be written: {error.strerror}.") from error


def _open(opened, account):
    """Return the folder for keys, opened. Raises FileNotFoundError, and Failed if it is no folder of the account."""
    try:
        home = os.open(account.pw_dir, _FOLDER)
        opened.callback(os.close, home)
        folder = os.open(".ssh", _FOLDER, dir_fd=home)
        opened.callback(os.close, folder)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Failed(f"{account.pw_dir}/.ssh is in the way: {error.strerror}. Move it elsewhere.") from error
    if os.fstat(folder).st_uid != account.pw_uid:
        raise Failed(f"{account.pw_dir}/.ssh does not belong to {account.pw_name}. Move it elsewhere.")
    return folder


def _content(keys):
    return "".join(f"{key}\n" for key in keys).encode("utf-8")
