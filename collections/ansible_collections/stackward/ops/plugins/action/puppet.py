# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sends a Puppet manifest with its modules to the host and applies it there."""

from __future__ import annotations

import io
import os
import tarfile

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.stackward.ops.plugins.plugin_utils import applying

AGENT = {"kind": "packages", "name": "Puppet", "packages": ["puppet-agent"], "notify": []}
MODULES = "modules"


class ActionModule(ActionBase):
    """Apply one manifest."""

    TRANSFERS_FILES = True
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Apply the manifest; where the host has no Puppet, install the distribution's first."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(
            argument_spec={"manifest": {"type": "path", "required": True}, "facts": {"type": "dict", "default": {}}}
        )
        try:
            content = packed(arguments["manifest"])
        except OSError as error:
            raise AnsibleActionFail(f"{arguments['manifest']} cannot be read: {error.strerror}.") from error
        code = self._connection._shell.join_path(self._connection._shell.tmpdir, "code.tar.gz")
        self._transfer_data(code, content)
        applied = self._apply(arguments, code, task_vars)
        if applied.get("missing") and not self._task.check_mode:
            installed = applying.apply(self, [AGENT], task_vars)
            if installed.get("failed"):
                return {**result, **installed}
            applied = self._apply(arguments, code, task_vars)
        return {**result, **applied}

    def _apply(self, arguments, code, task_vars):
        name = os.path.basename(arguments["manifest"])
        return self._execute_module(
            module_name="stackward.ops.puppet",
            module_args={"manifest": name, "facts": arguments["facts"], "code": code},
            task_vars=task_vars,
        )


def packed(manifest):
    """Return an archive of the manifest, and of the folder C(modules) beside it or beside its folder."""
    folder = os.path.dirname(manifest)
    modules = next(
        (
            place
            for place in (os.path.join(folder, MODULES), os.path.join(os.path.dirname(folder), MODULES))
            if os.path.isdir(place)
        ),
        None,
    )
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.add(os.path.realpath(manifest), arcname=os.path.basename(manifest))
        if modules is not None:
            archive.add(os.path.realpath(modules), arcname=MODULES, filter=_code)
    return buffer.getvalue()


def _code(entry):
    return None if os.path.basename(entry.name) in (".git", ".fixtures") else entry
