# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at the instances of a stack, and asks for remedies of those that have failed."""

from __future__ import annotations

import os

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.stackward.ops.plugins.plugin_utils import given, session, targeting

from stackward import providers
from stackward.engine import healing, process
from stackward.errors import StackwardError
from stackward.observe.look import look
from stackward.presentation.healing import healing_lines


class ActionModule(ActionBase):
    """Look, decide, and write the requests."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Write what was seen and the requests that are due, or in check mode show what would follow from them."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(
            argument_spec={"stack": {"type": "str"}, "only_look": {"type": "bool", "default": False}}
        )
        given.check(self._loader, arguments, task_vars, ("stack",))
        named = {**arguments, "instance": [], "layer": []}
        stacks, imagined, health, changed = {}, {}, {}, False
        try:
            for stack in targeting.chosen(named, session.stacks_in(task_vars)):
                decision = self._decided(stack, only_look=arguments["only_look"])
                health[stack.name] = {
                    name: {"health": found.health.value, "reason": found.reason}
                    for name, found in decision.verdicts.items()
                }
                lines = healing_lines(stack, decision, only_look=arguments["only_look"])
                if not arguments["only_look"]:
                    state = session.store_of(stack).snapshot(stack.name)
                    stacks[stack.name] = list(healing.movable(decision, state, session.now()))
                    changed = changed or bool(decision.marks or decision.heals)
                    if self._task.check_mode:
                        remedies = {heal.instance: heal.remedy.value for heal in decision.heals}
                        marks = [mark.instance for mark in decision.marks]
                        imagined[stack.name] = {"want": "healed", "arguments": {"remedies": remedies, "marks": marks}}
                for line in lines:
                    self._display.display(line)
        except StackwardError as error:
            raise AnsibleActionFail(str(error)) from None
        return {**result, "changed": changed, "stacks": stacks, "imagined": imagined, "health": health}

    def _decided(self, stack, *, only_look):
        store = session.store_of(stack)
        owner = process.owner(os.getppid())
        actor = f"heal by {owner.user} on {owner.host.partition('/')[0]}"

        def provider_of(choice):
            return providers.load(choice, stack=stack)

        def seen(state, names, checks):
            return look(stack, state, provider_of, names, checks)

        sightings = healing.health_check(store, stack, seen, session.now)
        if only_look or self._task.check_mode:
            return healing.preview(store, stack, sightings, session.now()).decision
        decision = healing.request_healing(store, stack, sightings, actor=actor, now=session.now())
        healing.note_withheld(store, stack, sightings, decision, actor=actor, now=session.now())
        return decision
