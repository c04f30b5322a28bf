# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Applies resources on the host of a task: one call, and two more only where code must be sent."""

from __future__ import annotations


def apply(action, resources, task_vars, **options):
    """Return what M(stackward.ops.ensure) says of the resources. C(action) is the action plugin that runs."""
    arguments = {"resources": resources, **options}
    applied = action._execute_module(module_name="stackward.ops.ensure", module_args=arguments, task_vars=task_vars)
    missing = applied.get("missing") or []
    if not missing or applied.get("failed") or action._task.check_mode:
        return applied
    shell = action._connection._shell
    action._make_tmp_path()
    uploads = {}
    for entry in missing:
        remote = shell.join_path(shell.tmpdir, f"release-{len(uploads)}")
        uploads[entry["archive"]] = action._transfer_file(entry["archive"], remote)
    applied = action._execute_module(
        module_name="stackward.ops.ensure",
        module_args={**arguments, "uploads": uploads},
        task_vars=task_vars,
    )
    action._remove_tmp_path(shell.tmpdir)
    return applied
