# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes the processes that Ansible forks for every task cheap."""

from __future__ import annotations

import gc


def prepare():
    """Call this where an action is imported, which Ansible does before it forks the workers of a task.

    A worker's garbage collector would go through everything that its parent has read, and so copy its memory.
    """
    gc.freeze()
