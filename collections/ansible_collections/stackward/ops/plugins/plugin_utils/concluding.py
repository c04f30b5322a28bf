# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records that an event has succeeded."""

from __future__ import annotations

from dataclasses import replace

from ansible.errors import AnsibleActionFail
from ansible_collections.stackward.ops.plugins.plugin_utils import session

from stackward.engine import events
from stackward.errors import StackwardError
from stackward.state.records import AppRelease, CommandStatus


def conclude(ours, event, command, generation, releases):
    """Record that the event succeeded. Raises AnsibleActionFail where the claim has moved on.

    C(releases) are records, or what a task has carried of them.
    """
    hooks = ours.round["hooks"]
    found = [AppRelease(*item) if isinstance(item, (list, tuple)) else item for item in releases]
    try:
        events.finish(
            ours.store,
            ours.stack,
            ours.name,
            event,
            command,
            ours.hold,
            CommandStatus.SUCCESSFUL,
            generation=generation,
            releases=[replace(item, hooks=hooks.get(item.app)) for item in found],
            exit_code=0,
            ran=ours.round["contents"].get(event),
            let_go=ours.round["action"] in ("configure", "refresh"),
            now=session.now,
        )
    except StackwardError as error:
        raise AnsibleActionFail(str(error)) from None
