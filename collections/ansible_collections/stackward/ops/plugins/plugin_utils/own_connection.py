# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks a machine for its boot by the connection that Ansible has to it, where that is not SSH."""

from __future__ import annotations

from ansible_collections.stackward.ops.plugins.plugin_utils import session

from stackward.definition.model import Connection
from stackward.observe import boots


def reach(action, stack):
    """Return how the host of an action is reached: over SSH by the engine itself, otherwise by the action."""

    def boot(its, machine):
        return boots.mark(stack.data, its, machine) if its.connection is Connection.SSH else _asked(action, its)

    return session.reach(stack, boot)


def _asked(action, its):
    """Return what the host says, "" where it cannot be reached now."""
    connection = action._connection
    try:
        # A session from before a reboot says nothing more.
        if hasattr(connection, "reset"):
            connection.reset()
        answer = action._low_level_execute_command(boots.ASK_WINDOWS if its.windows else boots.ASK)
    # What the plugins of others raise is no error of Ansible's: that of Systems Manager passes on what AWS says.
    except Exception:  # noqa: BLE001
        return ""
    return answer["stdout"].strip() if answer["rc"] == 0 else ""
