# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waits before a claim for what ends by itself, and says once for what."""

from __future__ import annotations

import time

from ansible.utils.display import Display
from ansible_collections.stackward.ops.plugins.plugin_utils import session

from stackward.engine.claiming import preview

PATIENCE_SECONDS = 30.0
"""How long a run waits for others that hold what it was asked for."""

ROOM_SECONDS = 600.0
"""How long a batch waits for those of its layers that are healed or stopped at the moment."""

POLL_SECONDS = 0.5


def for_others(look, store, stack, scope):
    """Give other runs some time to let go of what was asked for; they look at requests before they do."""

    def held():
        plan, _state = preview(store, stack, scope, session.now())
        owners = {item.instance: item.claim.owner for item in plan.held if scope.covers(item.instance)}
        names = ", ".join(f"{name} (held by {owner})" for name, owner in owners.items())
        return names and f"waiting up to {PATIENCE_SECONDS:.0f} s for {names}"

    _wait(look, stack, held, PATIENCE_SECONDS)


def for_room(look, store, stack, scope, run):
    """Give healing and scaling the time to end with those that a batch may not be down beside."""

    def kept():
        plan, _state = preview(store, stack, scope, session.now(), look.claimant(run))
        waiting = [item for item in plan.waiting if item.why]
        names = ", ".join(item.instance for item in waiting)
        return names and f"{names}: waiting up to {ROOM_SECONDS:.0f} s: {waiting[0].why}"

    _wait(look, stack, kept, ROOM_SECONDS)


def _wait(look, stack, cause, seconds):
    """Wait until there is no cause any more, or for as many seconds."""
    deadline, told = time.monotonic() + seconds, ""
    while time.monotonic() < deadline:
        why = cause()
        if not why:
            return
        if why != told:
            Display().display(f"{stack.name}: {why}")
            told = why
        time.sleep(POLL_SECONDS)
        look.check_that_the_run_lasts()
