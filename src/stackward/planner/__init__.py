"""What must happen next to a stack: a pure function of definition, state, observations and time.

`decide` never acts. Whoever acts claims the instances of the plan in the same transaction in which it read the state.
"""

from stackward.planner.deciding import decide
from stackward.planner.plan import (
    EVERYTHING,
    Action,
    Held,
    Move,
    Observations,
    Plan,
    Scope,
    Settled,
    Waiting,
)

__all__ = [
    "EVERYTHING",
    "Action",
    "Held",
    "Move",
    "Observations",
    "Plan",
    "Scope",
    "Settled",
    "Waiting",
    "decide",
]
