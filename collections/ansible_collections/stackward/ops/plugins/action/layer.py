# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes a host what one built-in layer wants of it."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.stackward.ops.plugins.plugin_utils import applying, session

from stackward.engine.lending import lend
from stackward.errors import StackwardError
from stackward.layers import BUILT_IN
from stackward.layers.resources import to_data
from stackward.lifecycle.events import Event


class ActionModule(ActionBase):
    """Apply one built-in layer."""

    # A temporary folder on the host would cost a round trip each time; it is made only when code must be sent.
    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Compile the layer for this host and apply it."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(
            argument_spec={
                "layer": {"type": "str", "required": True, "choices": sorted(BUILT_IN)},
                "event": {"type": "str", "default": "setup", "choices": [event.value for event in Event]},
                "settings": {"type": "dict", "default": {}},
            }
        )
        name = task_vars["inventory_hostname"]
        stack = next((stack for stack in session.stacks_in(task_vars).values() if name in stack.instances), None)
        if stack is None:
            raise AnsibleActionFail(f"{name} is no instance of any stack in this inventory.")
        try:
            begun = lend(
                session.store_of(stack),
                stack,
                name,
                arguments["layer"],
                arguments["settings"],
                arguments["event"],
                decrypt=session.decrypt,
                now=session.now,
            )
        except StackwardError as error:
            raise AnsibleActionFail(str(error)) from None
        return {**result, **applying.apply(self, to_data(begun.resources), task_vars)}
