# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes the process of ansible-playbook cheap, and those that it forks for every task."""

from __future__ import annotations

import gc
import os
import stat
from contextlib import contextmanager

from ansible import constants


def prepare():
    """Call this where an action is imported, which Ansible does before it forks the workers of a task.

    A worker's garbage collector would go through everything that its parent has read, and so copy its memory.
    """
    gc.freeze()


@contextmanager
def without_collecting():
    """Spare Python the search for garbage, now and later, among objects that are all there to stay."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


def kept(what):
    """Return the folder of what later runs use, in Ansible's own for this user; None where it is not ours alone."""
    folder = os.path.join(constants.ANSIBLE_HOME, "stackward", what)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        found = os.stat(folder)
    except OSError:
        return None
    # Whoever may write there decides what this process runs.
    ours = found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return folder if ours and os.access(folder, os.W_OK) else None
