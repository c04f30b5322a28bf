# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Closes what a run could not bring to an end itself, because its host could not be reached any more."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.stackward.ops.plugins.plugin_utils import closing, session

from stackward.errors import StackwardError


class ActionModule(ActionBase):
    """Settle a run."""

    TRANSFERS_FILES = False
    _supports_check_mode = False

    def run(self, tmp=None, task_vars=None):
        """Record every instance that this run still holds as failed, and end the run if asked to."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(
            argument_spec={
                "runs": {"type": "dict", "required": True},
                "end": {"type": "bool", "default": False},
                "rolled": {"type": "dict", "default": {}},
                "problems": {"type": "list", "elements": "str", "default": []},
            }
        )
        try:
            stacks = session.stacks_in(task_vars)
            left = closing.close(stacks, arguments["runs"], end=arguments["end"])
            ended = arguments["runs"] if arguments["end"] else {}
            closing.complain(stacks, arguments["rolled"], arguments["problems"], ended)
        except StackwardError as error:
            raise AnsibleActionFail(str(error)) from None
        return {**result, "changed": bool(left), "left": {name: state.value for name, state in left.items()}}
