# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shows a person what a run would do, or is about to do."""

from __future__ import annotations

from stackward.engine.process import dead_runs
from stackward.planner import Observations, Scope, decide
from stackward.presentation import plan_lines


def show(display, stack, state, now, names):
    """Display what would follow from an imagined state for these instances."""
    plan = decide(stack, state, Observations(dead_runs(state.claims.values())), now, Scope(names))
    for line in plan_lines(stack, plan):
        display.display(line)
