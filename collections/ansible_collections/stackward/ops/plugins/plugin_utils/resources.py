# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Brings the resources of stacks to what their files want, before anything is decided about instances."""

from __future__ import annotations

import functools
from pathlib import Path

from ansible.utils.display import Display
from ansible_collections.stackward.ops.plugins.plugin_utils import session

from stackward import providers
from stackward.engine import resourcing
from stackward.engine.imagining import imagined
from stackward.engine.phases import Phase
from stackward.errors import StackwardError
from stackward.presentation.resources import change_lines, resource_lines, resource_notes


def keep(look, found):
    """Look at the resources of each stack and change them; in check mode only show it. Returns what went wrong.

    A run is begun where something is changed.
    """
    problems = [
        f"{stack.name}: {problem}"
        for stack, scope in look.scopes(Phase.MOVE)
        for problem in _keep(look, found, stack, session.store_of(stack), scope)
    ]
    for problem in problems:
        Display().warning(problem)
    return problems


def _keep(look, found, stack, store, scope):
    """Do so in one stack."""

    @functools.cache
    def load():
        return providers.load(stack.provider, stack=stack)

    try:
        changes = resourcing.look(
            stack,
            store.resources(stack.name),
            lambda: _state(look, stack, store, scope),
            load,
            allow_destroy=look.allow_destroy,
        )
    except StackwardError as error:
        return [f"nobody can look at its resources: {error}"]
    if look.check_mode:
        _say(resource_lines(stack, changes))
        found.changed = found.changed or not changes.empty
        return []
    if not look.begun:
        _say(resource_notes(stack, changes))
    if changes.empty:
        return changes.problems
    found.changed = True
    return resourcing.carry_out(
        store,
        stack,
        load(),
        changes,
        _actor(look, found, stack, store),
        session.now,
        lambda change: _say(change_lines(stack, change)),
    )


def _actor(look, found, stack, store):
    """Return who changes resources: this run, which begins where it has not."""
    if stack.name not in found.runs:
        text = Path(stack.path).read_text(encoding="utf-8")
        found.runs[stack.name] = resourcing.begin(store, stack, text, look.owner, look.kind, session.now())
    run = found.runs[stack.name]
    return resourcing.Actor(f"{look.kind}#{run} on {look.owner.host.partition('/')[0]}", run)


def _say(lines):
    for line in lines:
        Display().display(line)


def _state(look, stack, store, scope):
    """Return the stack as it is; in check mode as it would be once what is asked for had been asked."""
    state, asked = store.snapshot(stack.name), look.imagined.get(stack.name)
    if not look.check_mode or not asked:
        return state
    names = sorted(scope.instances or ())
    return imagined(stack, state, names, asked["want"], asked["arguments"], session.now())
