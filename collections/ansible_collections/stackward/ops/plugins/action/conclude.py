# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records that an event has succeeded, after its recipes."""

from __future__ import annotations

from ansible.plugins.action import ActionBase
from ansible_collections.stackward.ops.plugins.plugin_utils import concluding, session


class ActionModule(ActionBase):
    """Conclude an event."""

    TRANSFERS_FILES = False
    _supports_check_mode = False

    def run(self, tmp=None, task_vars=None):
        """Record the success of what the event action began."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(argument_spec={"begun": {"type": "dict", "required": True}})
        concluding.conclude(session.ours(task_vars), concluding.received(arguments["begun"]))
        return {**result, "changed": False}
