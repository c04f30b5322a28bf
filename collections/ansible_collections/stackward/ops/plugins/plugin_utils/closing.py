# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Closes what the runs of this process could not bring to an end themselves."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.utils.display import Display
from ansible_collections.stackward.ops.plugins.plugin_utils import session

from stackward.engine import retention, rollouts, settling, setups
from stackward.engine.claiming import ENTRIES_LOOKED_AT
from stackward.errors import StackwardError


def close(stacks, runs, *, end):
    """Record what C(runs) still hold as failed and with C(end) end them. Returns the state each instance is left in."""
    left = {}
    for name, stack in stacks.items():
        if name in runs:
            store = session.store_of(stack)
            left.update(settling.settle(store, stack, runs[name], session.now))
            if end:
                settling.end(store, stack, runs[name], session.now)
                _forget(store, stack, runs[name])
    for instance, state in left.items():
        Display().warning(f"{instance} could not be reached any more; it is {state.value} now.")
    return left


def _forget(store, stack, run):
    """Forget what is too old, once a day. That it cannot be done is no failure of the run."""
    try:
        retention.prune_daily(store, stack, actor=f"run {run}", now=session.now(), most=retention.MOST_FOR_A_RUN)
    except StackwardError as error:
        Display().warning(f"{stack.name}: nothing old could be forgotten: {error}")


def complain(stacks, rolled, problems=(), ended=()):
    """Raise AnsibleActionFail for C(problems), or for rollouts and batches of Setups that did not succeed.

    C(ended) are the numbers of the runs that are over, by stack.
    """
    problems = list(problems)
    for name, run in dict(ended).items():
        if name in stacks:
            problems.append(setups.told(session.store_of(stacks[name]), stacks[name], run, ENTRIES_LOOKED_AT))
    for name, numbers in rolled.items():
        if name in stacks:
            found = session.store_of(stacks[name]).rollouts(name, numbers=numbers)
            problems += [rollouts.told(item) for item in found]
    problems = [problem for problem in problems if problem]
    if problems:
        raise AnsibleActionFail("\n".join(problems))
