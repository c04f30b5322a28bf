# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which stacks and instances a person means."""

from __future__ import annotations

from ansible import context
from ansible.errors import AnsibleActionFail

from stackward.engine import requests

NOTHING = "Nothing was asked for."


def unlimited():
    """Raise AnsibleActionFail where the run is limited to some hosts, which would leave others claimed and undone."""
    limit = context.CLIARGS.get("subset")
    if limit and not {"all", "*"} & set(limit.replace(":", ",").split(",")):
        raise AnsibleActionFail(
            f"--limit {limit} is not for the playbooks of stackward.ops: what they decide for the others would be left "
            "undone. Name instances or layers instead: -e instance=… or -e layer=…. Nothing was done."
        )


def listed(arguments):
    """Return the arguments with the names of instances and layers apart, however they were written."""
    apart = {
        kind: [name for each in arguments[kind] or [] for name in each.replace(",", " ").split()]
        for kind in ("instance", "layer")
    }
    return {**arguments, **apart}


def chosen(arguments, stacks):
    """Return the stacks that have what is named, all of them where nothing is. Raises AnsibleActionFail."""
    unlimited()
    if arguments["stack"]:
        if arguments["stack"] not in stacks:
            raise AnsibleActionFail(f"There is no stack {arguments['stack']} here; there is {', '.join(stacks)}.")
        stacks = {arguments["stack"]: stacks[arguments["stack"]]}
    meant = set()
    for kind in ("instance", "layer"):
        for name in arguments[kind] or []:
            meant |= _having(kind, name, stacks)
    if arguments.get("app"):
        having = _having("app", arguments["app"], stacks)
        if meant and not meant & having:
            others = " and ".join(
                f"{kind} {name!r}" for kind in ("instance", "layer") for name in arguments[kind] or []
            )
            raise AnsibleActionFail(f"No stack here has both app {arguments['app']!r} and {others}. {NOTHING}")
        meant = meant & having if meant else having
    return [stack for stack in stacks.values() if not meant or stack.name in meant]


def _having(kind, name, stacks):
    having = {stack.name for stack in stacks.values() if name in getattr(stack, kind + "s")}
    if not having:
        there = ", ".join(entry for stack in stacks.values() for entry in getattr(stack, kind + "s")) or "none"
        raise AnsibleActionFail(f"No stack here has {kind} {name!r}; there is {there}.")
    return having


def names(arguments, stack, app=None):
    """Return the instances of one stack that are meant, in the order of its file. Raises AnsibleActionFail."""
    found = requests.targets(
        stack,
        instances=[name for name in arguments["instance"] or [] if name in stack.instances],
        layers=[name for name in arguments["layer"] or [] if name in stack.layers],
        app=app,
    )
    named = ", ".join([*(arguments["instance"] or []), *(arguments["layer"] or [])])
    if app is not None and named and not found:
        running = ", ".join(requests.targets(stack, app=app))
        raise AnsibleActionFail(f"App {app} does not run on {named}; it runs on {running}. {NOTHING}")
    return found
