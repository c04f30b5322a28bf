# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Takes everything that Stackward itself has put on a host away from it, in one module call."""

from __future__ import annotations

from ansible.plugins.action import ActionBase
from ansible_collections.stackward.ops.plugins.plugin_utils import applying, workers

from stackward.layers.leaving import farewell
from stackward.layers.resources import to_data

workers.prepare()


class ActionModule(ActionBase):
    """Leave a host as it was."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Apply what a farewell wants of the host."""
        result = super().run(tmp, task_vars)
        self.validate_argument_spec(argument_spec={})
        return {**result, **applying.apply(self, to_data(farewell()), task_vars)}
