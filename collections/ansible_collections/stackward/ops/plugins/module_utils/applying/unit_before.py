# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a unit was before Stackward brought its package along, and its return to that."""

from __future__ import annotations

from .chosen_services import give_back
from .outcome import UNCHANGED, Outcome
from .services import is_enabled, is_running, unit_name

_KIND = "units"


def apply_unit_before(resource, host):
    """Record how a unit is before it is touched for the first time, or let it be so again."""
    unit, known = unit_name(resource["unit"]), host.made.of(_KIND)
    if resource["needed"]:
        if unit not in known:
            state = host.units.state(unit)
            host.made.remember(_KIND, {unit: {"running": is_running(state), "enabled": is_enabled(state)}})
        return UNCHANGED
    if unit not in known:
        return UNCHANGED
    said = give_back(unit, known[unit], resource, host)
    host.made.forget(_KIND, unit)
    return Outcome(True, "; ".join(said)) if said else UNCHANGED
