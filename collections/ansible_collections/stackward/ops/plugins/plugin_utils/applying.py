# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Applies resources on the host of a task: in one call, and with uploads and a second one for code that is large."""

from __future__ import annotations

import os

from ansible_collections.stackward.ops.plugins.plugin_utils import payloads, target_log

MODULE = "ensure"
LARGEST = 2 * 1024 * 1024
"""Bytes of archives that travel with a call; what is beyond that is sent as files.

Every worker holds them several times over while it builds the call, and there may be dozens of workers.
"""


def prepare():
    """Call this where an action is imported that applies resources."""
    payloads.lay_out(MODULE)


def apply(action, resources, task_vars, *, absent=frozenset(), **options):
    """Return what M(stackward.ops.ensure) says of the resources. C(action) is the action plugin that runs.

    C(absent) are archives of releases that the host most likely does not have: they come with the call, for which the
    action has to be one that carries files.
    """
    arguments = {"resources": resources, **options}
    if absent and not action._task.check_mode:
        arguments["shipped"] = _shipped(action, sorted(absent))
    applied = _called(action, arguments, task_vars)
    missing = applied.get("missing") or []
    if not missing or applied.get("failed") or action._task.check_mode:
        return applied
    shell = action._connection._shell
    action._make_tmp_path()
    uploads = {}
    for entry in missing:
        remote = shell.join_path(shell.tmpdir, f"release-{len(uploads)}")
        uploads[entry["archive"]] = action._transfer_file(entry["archive"], remote)
    applied = _called(action, {**arguments, "uploads": uploads}, task_vars)
    action._remove_tmp_path(shell.tmpdir)
    return applied


def _called(action, arguments, task_vars):
    applied = action._execute_module(
        module_name=f"stackward.ops.{MODULE}", module_args=arguments, task_vars=target_log.unlogged(task_vars)
    )
    payloads.keep(MODULE)
    return applied


def _shipped(action, paths):
    shipped, room = {}, LARGEST
    for path in paths:
        size = os.path.getsize(path)
        if size > room:
            continue
        room -= size
        shipped[path] = action.carried(path)
    return shipped
