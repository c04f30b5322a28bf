# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keeps what Ansible builds of a module for the runs that follow.

Ansible follows the imports of a module through all of its C(module_utils), packs them, and forgets the result when the
process ends. For a large module that costs as much as reaching a host. Where Ansible looks for what it has built is not
promised: a version that looks elsewhere builds it again, as it would without this.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from pathlib import Path

from ansible import constants
from ansible.release import __version__
from ansible_collections.stackward.ops.plugins.plugin_utils import workers

KEPT = 4
"""How many payloads of a module are kept, as several versions of this collection may be in use."""

_PLUGINS = Path(__file__).parents[1]
_names = {}


def lay_out(module):
    """Give this process the payload of a module of this collection that an earlier one has built.

    Call this where an action is imported, which Ansible does before it forks the workers of a task.
    """
    folder = workers.kept("payloads")
    if folder is None:
        return
    _names[module] = kept = Path(folder, f"{module}-{_key(module)}")
    with contextlib.suppress(OSError):
        whole = kept.read_bytes()
        digest, content = whole[:32], whole[32:]
        if hashlib.sha256(content).digest() == digest:
            _written(_place(module), content)


def keep(module):
    """Keep the payload that this process has built of a module, if there was none."""
    kept = _names.get(module)
    if kept is None or kept.exists():
        return
    with contextlib.suppress(OSError):
        content = _place(module).read_bytes()
        _written(kept, hashlib.sha256(content).digest() + content)
        others = sorted(kept.parent.glob(f"{module}-*"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in others[KEPT:]:
            old.unlink()


def _place(module):
    """Return where Ansible has what it built in this process."""
    name = f"ansible_collections.stackward.ops.plugins.modules.{module}"
    return Path(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache", f"{name}-{constants.DEFAULT_MODULE_COMPRESSION}-none")


def _key(module):
    """Return what changes with anything that a payload is made of."""
    key = hashlib.sha256(f"{__version__} {sys.version} {constants.DEFAULT_MODULE_COMPRESSION}".encode())
    for path in (_PLUGINS / "modules" / f"{module}.py", *sorted((_PLUGINS / "module_utils").rglob("*.py"))):
        content = path.read_bytes()
        key.update(f"{path.relative_to(_PLUGINS)} {len(content)} ".encode())
        key.update(content)
    return key.hexdigest()[:32]


def _written(path, content):
    """Write a file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    candidate = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        candidate.write_bytes(content)
        candidate.replace(path)
    finally:
        candidate.unlink(missing_ok=True)
