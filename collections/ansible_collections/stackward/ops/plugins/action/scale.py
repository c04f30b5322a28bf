# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Has a stack measured where that is due, and asks for what schedules and load want of it."""

from __future__ import annotations

import os

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.stackward.ops.plugins.plugin_utils import given, session, targeting

from stackward.engine import collecting, process, scaling
from stackward.errors import StackwardError
from stackward.observe.metrics import registry
from stackward.presentation.plan import claim_line
from stackward.presentation.scaling import load_lines, scaling_lines


class ActionModule(ActionBase):
    """Measure, decide by schedule and by load, and write the requests."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Write the requests that are due, or in check mode show what would follow from them."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(
            argument_spec={
                "stack": {"type": "str"},
                "instance": {"type": "list", "elements": "str"},
                "layer": {"type": "list", "elements": "str"},
            }
        )
        arguments = targeting.listed(arguments)
        given.check(self._loader, arguments, task_vars)
        stacks, imagined, changed = {}, {}, False
        try:
            for stack in targeting.chosen(arguments, session.stacks_in(task_vars)):
                self._measure(stack)
                decision = self._decided(stack, targeting.names(arguments, stack))
                now = session.now()
                state = session.store_of(stack).snapshot(stack.name)
                stacks[stack.name] = list(scaling.movable(decision, state, now))
                changed = changed or bool(decision.asks)
                if self._task.check_mode:
                    wanted = {wish.instance: wish.desired.value for wish in decision.asks}
                    imagined[stack.name] = {"want": "scaled", "arguments": {"desired": wanted}}
                held = scaling.moved_by_others(decision, state, now)
                for line in (*scaling_lines(stack, decision), *(claim_line(stack, claim) for claim in held)):
                    self._display.display(line)
        except StackwardError as error:
            raise AnsibleActionFail(str(error)) from None
        return {**result, "changed": changed, "stacks": stacks, "imagined": imagined}

    def _measure(self, stack):
        """Ask the sources of measurements that are due. One that fails keeps nothing else from happening."""
        if self._task.check_mode:
            return

        def load(choice):
            return registry.load(choice, stack=stack)

        for source, failure in collecting.collect(session.store_of(stack), stack, load, session.now).items():
            self._display.warning(f"{stack.name}: metrics {source}: {failure}")

    def _decided(self, stack, names):
        store, now = session.store_of(stack), session.now()
        found = scaling.preview(store, stack, now)
        for line in load_lines(stack, found.load):
            self._display.display(line)
        if self._task.check_mode:
            return found.narrowed(names)
        owner = process.owner(os.getppid())
        actor = f"scale by {owner.user} on {owner.host.partition('/')[0]}"
        return scaling.request_scaling(store, stack, only=names, actor=actor, now=now)
