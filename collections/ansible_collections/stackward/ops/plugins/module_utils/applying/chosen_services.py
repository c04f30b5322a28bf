# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Units of which somebody said whether they run. What nobody speaks of any more becomes again what it was before."""

from __future__ import annotations

from .outcome import UNCHANGED, Outcome
from .services import apply_service, in_the_past, is_enabled, is_running, systemctl, unit_name

_KIND = "services"


def apply_chosen_services(resource, host):
    """Start and enable units, or stop and disable them, and give back those that have left."""
    wanted = {unit_name(name): running for name, running in resource["services"].items()}
    said = []
    for unit, running in wanted.items():
        _note(unit, host)
        outcome = apply_service({**resource, "unit": unit, "running": running}, host)
        said += [f"{unit} {outcome.message}"] if outcome.changed else []
    for unit, before in host.made.of(_KIND).items():
        if unit not in wanted:
            said += give_back(unit, before, resource, host)
            host.made.forget(_KIND, unit)
    return Outcome(True, "; ".join(said)) if said else UNCHANGED


def _note(unit, host):
    """Record how a unit is before it is touched for the first time."""
    if unit in host.made.of(_KIND):
        return
    state = host.units.state(unit)
    if state["LoadState"] != "not-found":
        host.made.remember(_KIND, {unit: {"running": is_running(state), "enabled": is_enabled(state)}})


def give_back(unit, before, resource, host):
    """Let a unit be again as it is recorded that it was before. Return what was done."""
    state = host.units.state(unit)
    if state["LoadState"] in ("not-found", "masked"):
        return []
    actions = []
    if is_enabled(state) != before["enabled"]:
        actions.append("enable" if before["enabled"] else "disable")
    if is_running(state) != before["running"]:
        actions.append("start" if before["running"] else "stop")
    if actions and not host.check:
        host.changing(resource)
        for action in actions:
            systemctl(action, [unit])
        host.units.forget()
    return [f"{unit} {in_the_past(actions)} as before"] if actions else []
