"""Commands that run a lifecycle event, or recipes."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from stackward.cli.playbooks.command import ATTRIBUTES, BATCH, CHECK, DIFF, REASON, TARGETS, Taken, playbook_command


def _recipes(named: list[str] | None) -> list[Any]:
    from stackward.cli.variables import mapping

    recipes = [mapping(item, "recipes", "{command: uptime}") if item.startswith("{") else item for item in named or ()]
    if not recipes:
        raise typer.BadParameter("Name what to run: --recipe ROLE, --recipe FILE or --recipe '{command: COMMAND}'.")
    return recipes


setup = playbook_command(
    "setup",
    """Run Setup and Deploy again.

    An instance leaves its load balancers meanwhile. Those that are online go in batches, so that their layer goes on
    serving; the first batch in which one fails is the last one.

    For example:
      stackward setup --layer web
      stackward setup --layer web --batch 1
      stackward setup --instance web1 --attributes '{"motd": "New"}'
    """,
    *TARGETS,
    BATCH,
    ATTRIBUTES,
    REASON,
    CHECK,
    DIFF,
)

configure = playbook_command(
    "configure",
    """Run Configure on instances that are online.

    For example:
      stackward configure
      stackward configure --layer lb
    """,
    *TARGETS,
    ATTRIBUTES,
    REASON,
    CHECK,
    DIFF,
)

shutdown = playbook_command(
    "shutdown",
    """Run the Shutdown event without stopping anything.

    For example:
      stackward shutdown --instance web1
    """,
    *TARGETS,
    REASON,
    CHECK,
    DIFF,
)

run_recipes = playbook_command(
    "run_recipes",
    """Run roles, task files, Puppet manifests or commands on instances that are online.

    They run in the order in which they are named. A recipe may be written as in the stack file, too.

    For example:
      stackward run-recipes --recipe motd --recipe recipes/flags.yml --layer web
      stackward run-recipes --recipe '{command: uptime}' --instance web1
    """,
    *TARGETS,
    Taken(
        "recipe",
        Annotated[
            list[str] | None,
            typer.Option(
                "--recipe",
                metavar="RECIPE",
                help="A role, a file of tasks (.yml) or a manifest (.pp); may be repeated.",
            ),
        ],
        variable="recipes",
        read=_recipes,
    ),
    ATTRIBUTES,
    REASON,
    CHECK,
    DIFF,
)
