# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Brings the resources of stacks to what their files want, before anything is decided about instances."""

from __future__ import annotations

import functools
import os
from pathlib import Path

from ansible.utils.display import Display
from ansible_collections.stackward.ops.plugins.plugin_utils import session

from stackward import providers
from stackward.engine import process, resourcing
from stackward.errors import StackwardError
from stackward.presentation.resources import change_lines, resource_lines, resource_notes


def keep(action, stacks, arguments, runs):
    """Look at the resources of each stack and change them; in check mode only show it. Returns what went wrong.

    A run is begun where something is changed, and added to C(runs).
    """
    problems = []
    for stack in stacks.values():
        if arguments["scope"] is not None and stack.name not in arguments["scope"]:
            continue
        store = session.store_of(stack)
        load = functools.cache(lambda stack=stack: providers.load(stack.provider, stack=stack))
        try:
            changes = resourcing.look(
                stack,
                store.resources(stack.name),
                lambda store=store, stack=stack: store.snapshot(stack.name),
                load,
                allow_destroy=arguments["allow_destroy"],
            )
        except StackwardError as error:
            problems.append(f"{stack.name}: nobody can look at its resources: {error}")
            continue
        if action._task.check_mode:
            _say(resource_lines(stack, changes))
            continue
        if not arguments["runs"]:
            _say(resource_notes(stack, changes))
        if changes.empty:
            problems += [f"{stack.name}: {problem}" for problem in changes.problems]
            continue
        actor = _actor(stack, store, arguments, runs)
        said = resourcing.carry_out(
            store,
            stack,
            load(),
            changes,
            actor,
            session.now,
            lambda change, stack=stack: _say(change_lines(stack, change)),
        )
        problems += [f"{stack.name}: {problem}" for problem in said]
    for problem in problems:
        Display().warning(problem)
    return problems


def _actor(stack, store, arguments, runs):
    owner = process.owner(os.getppid())
    run = runs.get(stack.name, arguments["runs"].get(stack.name))
    if run is None:
        run = runs[stack.name] = resourcing.begin(
            store,
            stack,
            Path(stack.path).read_text(encoding="utf-8"),
            owner,
            arguments["kind"],
            session.now(),
        )
    return resourcing.Actor(f"{arguments['kind']}#{run} on {owner.host.partition('/')[0]}", run)


def _say(lines):
    for line in lines:
        Display().display(line)
