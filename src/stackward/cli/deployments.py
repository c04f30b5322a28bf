"""`stackward deployments`: which releases went where, when, by whom, and how that ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stackward.cli import completion, options
from stackward.cli.output import Form, console, plain, print_json

if TYPE_CHECKING:
    from stackward.cli.opening import Known
    from stackward.state.records import Deployment, Rollout


def deployments(
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    app: Annotated[
        str | None, typer.Option("--app", metavar="NAME", help="Of this app only.", autocompletion=completion.apps)
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=500, help="How many, the newest.")] = 20,
    output: options.Output = Form.TEXT,
) -> None:
    """Show the deploys and rollbacks, newest first, and the releases that one can go back to.

    For example:
      stackward deployments
      stackward deployments --app storefront --limit 5
      stackward deployments --output json
    """
    from stackward.cli.in_force import opened_in_force
    from stackward.cli.naming import Kind, check
    from stackward.engine.deployments import kept

    with opened_in_force(inventory, stack) as stacks:
        check([known.stack for known in stacks], Kind.APP, [app] if app else [])
        found = []
        for known in stacks:
            state, store = known.state(), known.store
            past = store.rollouts(known.stack.name, app=app, limit=limit) if store else ()
            apps = [item for item in known.stack.apps.values() if app in (None, item.name)]
            there = {item.name: kept(store, known.stack, state, item) if store else () for item in apps}
            found.append((known, past, there))
        if output is Form.JSON:
            print_json({"at": datetime.now(UTC), "stacks": [_data(*item) for item in found]})
            return
        for known, past, there in found:
            _say(known, past, there)


def _data(known: Known, past: tuple[Rollout, ...], there: dict[str, tuple[Deployment, ...]]) -> dict[str, Any]:
    return {
        "name": known.stack.name,
        "deployments": [plain(item) for item in past],
        "kept": {app: [plain(item) for item in its] for app, its in there.items()},
    }


def _say(known: Known, past: tuple[Rollout, ...], there: dict[str, tuple[Deployment, ...]]) -> None:
    from stackward.cli.deployment_table import lines

    screen = console()
    if not past:
        screen.print(f"{known.stack.name}: nothing has been deployed", soft_wrap=True)
        return
    for line in lines(past, datetime.now(UTC)):
        screen.print(line, soft_wrap=True)
    live = known.state().deployments
    for app, its in there.items():
        names = [
            f"{item.release} (live)" if app in live and live[app].release == item.release else item.release
            for item in its
        ]
        if names:
            screen.print(f"{known.stack.name}: {app}: kept: {', '.join(names)}", soft_wrap=True)
