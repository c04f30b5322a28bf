# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records that an event has succeeded."""

from __future__ import annotations

from dataclasses import replace

from ansible.errors import AnsibleActionFail

from stackward.engine import events
from stackward.engine.compiling import Underway
from stackward.errors import StackwardError
from stackward.state.records import AppRelease


def conclude(ours, begun):
    """Record that the event succeeded. Raises AnsibleActionFail where the claim has moved on."""
    hooks = ours.round["hooks"]
    releases = tuple(replace(item, hooks=hooks.get(item.app)) for item in begun.releases)
    ran = ours.round["contents"].get(begun.event)
    let_go = ours.round["action"] in ("configure", "refresh")
    try:
        events.succeeded(ours, replace(begun, releases=releases), ran=ran, let_go=let_go)
    except StackwardError as error:
        raise AnsibleActionFail(str(error)) from None


def carried(begun):
    """Return the event as the plays carry it from its first task to its last, in plain data."""
    releases = [[item.app, item.release, item.revision, item.digest, item.port] for item in begun.releases]
    return {
        "command": begun.command,
        "event": begun.event,
        "generation": begun.generation,
        "releases": releases,
    }


def received(found):
    """Return the event that C(carried) made plain data of."""
    releases = tuple(AppRelease(*item) for item in found["releases"])
    return Underway(found["command"], found["event"], found["generation"], releases)
