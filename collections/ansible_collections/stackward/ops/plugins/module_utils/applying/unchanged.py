# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files of a release that were not sent, as an earlier release on the host has the same."""

from __future__ import annotations

import hashlib
import os
import stat

from .outcome import Failed

HEADER = "STACKWARD.unchanged"
"""What the archive says of such a file in place of its content: its size and its SHA-256."""

_PIECE = 1 << 20


def left_out(member):
    """Return size and SHA-256 of the file that a member of an archive stands for, None where that has its content."""
    said = member.pax_headers.get(HEADER)
    if said is None:
        return None
    size_and_digest = said.split(" ")
    return int(size_and_digest[0]), size_and_digest[1]


def has(path, size, digest):
    """Return whether there is this very file."""
    try:
        with _opened(path, size) as file:
            return digest == _passed(file, lambda _piece: None)
    except OSError:
        return False


def copy(path, size, digest, target):
    """Copy this very file to an open one. Raises Failed where it is another by now, OSError where it cannot be read."""
    with _opened(path, size) as file:
        if digest != _passed(file, target.write):
            raise Failed(f"{path} changed while it was copied; deploy again.")


def _opened(path, size):
    """Open a file. The app may have put anything in its place: a link to elsewhere, or what blocks who reads it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_size != size:
        os.close(descriptor)
        raise OSError(f"{path} is not what it was")
    return os.fdopen(descriptor, "rb")


def _passed(file, use):
    """Pass on what a file holds, and return its SHA-256."""
    digest = hashlib.sha256()
    while True:
        piece = file.read(_PIECE)
        if not piece:
            return digest.hexdigest()
        digest.update(piece)
        use(piece)
