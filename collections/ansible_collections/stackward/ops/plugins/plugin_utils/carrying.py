# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lets the module calls of an action carry files, which are put in once Ansible has built the call.

Ansible copies the arguments of a call a dozen times while it builds it. Of some megabytes that costs as much as
reaching the host, and each host's worker does it.
"""

from __future__ import annotations

import base64
import uuid

from ansible.plugins.action import ActionBase


class Carrying(ActionBase):
    """An action whose module calls may carry files."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._carried = {}

    def carried(self, path):
        """Return what stands for a file in the arguments of a module: the host gets its content there, in base64."""
        stands = uuid.uuid4().hex
        self._carried[stands.encode()] = path
        return stands

    def _low_level_execute_command(self, cmd, *more, in_data=None, **options):
        return super()._low_level_execute_command(cmd, *more, in_data=self._filled(in_data), **options)

    def _transfer_data(self, remote_path, data):
        return super()._transfer_data(remote_path, self._filled(data))

    def _filled(self, data):
        """Return a call with the files in it. Base64 needs no quoting, wherever in the call it stands."""
        if isinstance(data, bytes):
            for stands, path in self._carried.items():
                if stands in data:
                    with open(path, "rb") as file:
                        data = data.replace(stands, base64.b64encode(file.read()))
        return data
