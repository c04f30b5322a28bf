# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Takes a claimed instance out of the load balancers of its provider, or puts it back."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.stackward.ops.plugins.plugin_utils import session

from stackward import provider_choice, providers
from stackward.engine import balancing
from stackward.errors import StackwardError


class ActionModule(ActionBase):
    """Move one instance in or out."""

    TRANSFERS_FILES = False
    _supports_check_mode = False

    def run(self, tmp=None, task_vars=None):
        """Register or deregister the instance, and wait for the load balancers."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(
            argument_spec={
                "state": {"type": "str", "required": True, "choices": ["joined", "left"]},
                "timeout": {"type": "float"},
            }
        )
        ours = session.ours(task_vars)
        try:
            record = ours.record
            provider = providers.load(provider_choice.choice(ours.stack, ours.name, record.machine), stack=ours.stack)
            if arguments["state"] == "left":
                changed = balancing.leave(ours, provider, arguments["timeout"] or 0.0)
            else:
                changed = balancing.join(ours, provider, arguments["timeout"])
        except StackwardError as error:
            raise AnsibleActionFail(str(error)) from None
        return {**result, "changed": changed}
