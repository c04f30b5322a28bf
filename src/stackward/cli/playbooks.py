"""The commands that change something: each runs the playbook of the same name of the collection stackward.ops."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from stackward.cli import completion, options
from stackward.cli.output import Form

Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why, for the journal.")]
Attributes = Annotated[
    str | None,
    typer.Option(
        "--attributes", metavar="JSON|YAML|@FILE", help="Custom attributes for this command only; they win over others."
    ),
]
App = Annotated[
    str | None,
    typer.Option("--app", metavar="NAME", help="Which app, where there are several.", autocompletion=completion.apps),
]
Check = Annotated[bool, typer.Option("--check", help="Only show what would be done.")]
Diff = Annotated[bool, typer.Option("--diff", help="Record what changes in files, in Ansible's output.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show Ansible's own output.")]
Extra = Annotated[
    list[str] | None,
    typer.Argument(metavar="-- ARGUMENT", help="Arguments for ansible-playbook, after two hyphens."),
]


def _run(
    playbook: str,
    inventory: list[Path] | None,
    stack: str | None,
    instance: list[str] | None,
    layer: list[str] | None,
    output: Form,
    extra: list[str] | None,
    *,
    attributes: str | None = None,
    app: str | None = None,
    check: bool = False,
    diff: bool = False,
    verbose: bool = False,
    **variables: Any,
) -> None:
    if extra and not extra[0].startswith("-"):
        raise typer.BadParameter(
            f"{extra[0]!r} is no option of ansible-playbook. Name instances with --instance, layers with --layer."
        )
    from stackward.cli.carrying_out import Order, carry_out
    from stackward.cli.variables import mapping

    if attributes is not None:
        variables["attributes"] = mapping(attributes)
    carry_out(
        Order(
            kind=playbook,
            inventory=inventory or (),
            stack=stack,
            instances=instance or (),
            layers=layer or (),
            output=output,
            app=app,
            check=check,
            diff=diff,
            verbose=verbose,
            variables=variables,
            extra=extra or (),
        )
    )


def _state(name: str, description: str) -> Callable[..., None]:
    def command(
        extra: Extra = None,
        inventory: options.Inventory = None,
        stack: options.Stack = None,
        instance: options.Instances = None,
        layer: options.Layers = None,
        reason: Reason = None,
        check: Check = False,
        diff: Diff = False,
        verbose: Verbose = False,
        output: options.Output = Form.TEXT,
    ) -> None:
        _run(
            name, inventory, stack, instance, layer, output, extra,
            reason=reason, check=check, diff=diff, verbose=verbose,
        )  # fmt: skip

    command.__name__, command.__doc__ = name, description
    return command


def _event(name: str, description: str) -> Callable[..., None]:
    def command(
        extra: Extra = None,
        inventory: options.Inventory = None,
        stack: options.Stack = None,
        instance: options.Instances = None,
        layer: options.Layers = None,
        attributes: Attributes = None,
        reason: Reason = None,
        check: Check = False,
        diff: Diff = False,
        verbose: Verbose = False,
        output: options.Output = Form.TEXT,
    ) -> None:
        _run(
            name, inventory, stack, instance, layer, output, extra,
            attributes=attributes, reason=reason, check=check, diff=diff, verbose=verbose,
        )  # fmt: skip

    command.__name__, command.__doc__ = name, description
    return command


start = _state(
    "start",
    """Bring instances online.

    The machine boots, Setup and Deploy run; then Configure runs on all that are online.
    Time-based instances start only where they are named with --instance.

    For example:
      stackward start
      stackward start --layer web --reason "Monday morning"
      stackward start --instance web1 --check
    """,
)
stop = _state(
    "stop",
    """Stop instances; disks and addresses stay.

    They leave their load balancers and Shutdown runs; then Configure runs on the others.

    For example:
      stackward stop --instance web2
      stackward stop
    """,
)
terminate = _state(
    "terminate",
    """Remove the machines of the instances named; volumes stay.

    They leave their load balancers and Shutdown runs; then Configure runs on the others. A start makes a new machine.

    For example:
      stackward terminate --instance web2
    """,
)
deregister = _state(
    "deregister",
    """Let machines that you own go; they go on running.

    They leave their load balancers and Shutdown runs; the controller is let in no more.
    Then Configure runs on the others.

    For example:
      stackward deregister --instance rack1
    """,
)


def register(
    extra: Extra = None,
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    instance: options.Instances = None,
    layer: options.Layers = None,
    login: Annotated[
        str | None, typer.Option("--login", metavar="USER", help="Who you are there; else the user of the stack file.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="FILE", help="Your private key; else your agent and your own keys.")
    ] = None,
    reason: Reason = None,
    check: Check = False,
    verbose: Verbose = False,
    output: options.Output = Form.TEXT,
) -> None:
    """Take up machines that you own: pin their host keys and let the controller in.

    You log in once with your own key, or with a password (-- --ask-pass --ask-become-pass); from then on the stack's
    key is enough. A machine that admits the stack's key already needs none of yours.

    For example:
      stackward register --instance rack1
      stackward register --instance rack1 --login root --key ~/.ssh/datacentre
      stackward register --instance rack1 -- --ask-become-pass
    """
    _run(
        "register", inventory, stack, instance, layer, output, extra,
        login=login, key=key, reason=reason, check=check, verbose=verbose,
    )  # fmt: skip


reboot = _state(
    "reboot",
    """Restart machines; no lifecycle event runs.

    For example:
      stackward reboot --instance web1
    """,
)
shutdown = _state(
    "shutdown",
    """Run the Shutdown event without stopping anything.

    For example:
      stackward shutdown --instance web1
    """,
)
setup = _event(
    "setup",
    """Run Setup and Deploy again.

    The instance leaves its load balancers meanwhile.

    For example:
      stackward setup --layer web
      stackward setup --instance web1 --attributes '{"motd": "New"}'
    """,
)
configure = _event(
    "configure",
    """Run Configure on instances that are online.

    For example:
      stackward configure
      stackward configure --layer lb
    """,
)


def deploy(
    extra: Extra = None,
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    instance: options.Instances = None,
    layer: options.Layers = None,
    app: App = None,
    revision: Annotated[
        str | None, typer.Option("--revision", metavar="REVISION", help="Instead of the one in the stack file.")
    ] = None,
    attributes: Attributes = None,
    reason: Reason = None,
    check: Check = False,
    diff: Diff = False,
    verbose: Verbose = False,
    output: options.Output = Form.TEXT,
) -> None:
    """Put an app's code live on its instances that are online, batch after batch.

    Each is drained, released, checked and put back. A batch that fails gets
    back what it had, and the deploy stops.

    For example:
      stackward deploy
      stackward deploy --app storefront --revision v1.4.2
      stackward deploy --app storefront --instance web1
    """
    _run(
        "deploy", inventory, stack, instance, layer, output, extra,
        app=app, revision=revision, attributes=attributes, reason=reason, check=check, diff=diff, verbose=verbose,
    )  # fmt: skip


def rollback(
    extra: Extra = None,
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    instance: options.Instances = None,
    layer: options.Layers = None,
    app: App = None,
    release: Annotated[
        str | None,
        typer.Option("--release", metavar="RELEASE", help="Which one, or its revision; the one before unless given."),
    ] = None,
    attributes: Attributes = None,
    reason: Reason = None,
    check: Check = False,
    diff: Diff = False,
    verbose: Verbose = False,
    output: options.Output = Form.TEXT,
) -> None:
    """Put a release live again that was live before, batch after batch.

    `stackward deployments` lists those that are kept.

    For example:
      stackward rollback --app storefront
      stackward rollback --app storefront --release 36f1d18
      stackward rollback --check
    """
    _run(
        "rollback", inventory, stack, instance, layer, output, extra,
        app=app, release=release, attributes=attributes, reason=reason, check=check, diff=diff, verbose=verbose,
    )  # fmt: skip


def _of_app(name: str, description: str) -> Callable[..., None]:
    def command(
        extra: Extra = None,
        inventory: options.Inventory = None,
        stack: options.Stack = None,
        instance: options.Instances = None,
        layer: options.Layers = None,
        app: App = None,
        reason: Reason = None,
        check: Check = False,
        diff: Diff = False,
        verbose: Verbose = False,
        output: options.Output = Form.TEXT,
    ) -> None:
        _run(
            name, inventory, stack, instance, layer, output, extra,
            app=app, reason=reason, check=check, diff=diff, verbose=verbose,
        )  # fmt: skip

    command.__name__, command.__doc__ = name, description
    return command


restart_app = _of_app(
    "restart_app",
    """Restart an app on its instances, batch after batch as in a deploy.

    For example:
      stackward restart-app --app storefront
    """,
)
stop_app = _of_app(
    "stop_app",
    """Stop an app on all of its instances; it stays stopped until it is started or deployed.

    For example:
      stackward stop-app --app storefront --reason "Moving the database"
    """,
)
start_app = _of_app(
    "start_app",
    """Start an app again that was stopped.

    For example:
      stackward start-app --app storefront
    """,
)


def undeploy(
    extra: Extra = None,
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    instance: options.Instances = None,
    layer: options.Layers = None,
    app: App = None,
    reason: Reason = None,
    check: Check = False,
    diff: Diff = False,
    verbose: Verbose = False,
    output: options.Output = Form.TEXT,
) -> None:
    """Take an app off its instances that are online.

    For example:
      stackward undeploy --app storefront
    """
    _run(
        "undeploy", inventory, stack, instance, layer, output, extra,
        app=app, reason=reason, check=check, diff=diff, verbose=verbose,
    )  # fmt: skip


def run_recipes(
    extra: Extra = None,
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    instance: options.Instances = None,
    layer: options.Layers = None,
    recipe: Annotated[
        list[str] | None,
        typer.Option(
            "--recipe", metavar="RECIPE", help="A role, a file of tasks (.yml) or a manifest (.pp); may be repeated."
        ),
    ] = None,
    attributes: Attributes = None,
    reason: Reason = None,
    check: Check = False,
    diff: Diff = False,
    verbose: Verbose = False,
    output: options.Output = Form.TEXT,
) -> None:
    """Run roles, task files, Puppet manifests or commands on instances that are online.

    They run in the order in which they are named. A recipe may be written as in the stack file, too.

    For example:
      stackward run-recipes --recipe motd --recipe recipes/flags.yml --layer web
      stackward run-recipes --recipe '{command: uptime}' --instance web1
    """
    from stackward.cli.variables import mapping

    recipes = [mapping(item, "recipes", "{command: uptime}") if item.startswith("{") else item for item in recipe or ()]
    if not recipes:
        raise typer.BadParameter("Name what to run: --recipe ROLE, --recipe FILE or --recipe '{command: COMMAND}'.")
    _run(
        "run_recipes", inventory, stack, instance, layer, output, extra,
        recipes=recipes, attributes=attributes, reason=reason, check=check, diff=diff, verbose=verbose,
    )  # fmt: skip


def update(
    extra: Extra = None,
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    instance: options.Instances = None,
    layer: options.Layers = None,
    batch: Annotated[
        str | None, typer.Option("--batch", metavar="NUMBER|PERCENT", help="How many instances go at a time; 1.")
    ] = None,
    reason: Reason = None,
    check: Check = False,
    diff: Diff = False,
    verbose: Verbose = False,
    output: options.Output = Form.TEXT,
) -> None:
    """Install the distribution's updates on instances that are online, one batch after another.

    An instance leaves its load balancers, is rebooted where its updates need it, and is put back before the next one.
    The first batch that fails is the last one.

    For example:
      stackward update --layer web
      stackward update --batch 25% --reason "security updates"
    """
    _run(
        "update", inventory, stack, instance, layer, output, extra,
        batch=batch, reason=reason, check=check, diff=diff, verbose=verbose,
    )  # fmt: skip


def converge(
    extra: Extra = None,
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    instance: options.Instances = None,
    layer: options.Layers = None,
    allow_destroy: options.AllowDestroy = False,
    check: Check = False,
    diff: Diff = False,
    verbose: Verbose = False,
    output: options.Output = Form.TEXT,
) -> None:
    """Carry out what was asked for, and every Configure due.

    Before that, resources such as security groups and load balancer members
    are brought to what the stack file says.

    With --instance or --layer only those are moved; every Configure that is due still runs.

    For example:
      stackward converge
      stackward converge --instance web1 --check
    """
    _run(
        "converge", inventory, stack, instance, layer, output, extra,
        check=check, diff=diff, verbose=verbose, allow_destroy=allow_destroy or None,
    )  # fmt: skip


def scale(
    extra: Extra = None,
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    instance: options.Instances = None,
    layer: options.Layers = None,
    check: Check = False,
    diff: Diff = False,
    verbose: Verbose = False,
    output: options.Output = Form.TEXT,
) -> None:
    """Start and stop instances as their schedules and the load say.

    Run it once a minute, by cron or by a timer. It measures what is due first.
    Where there is nothing to do, no host is asked for anything else.

    For example:
      stackward scale
      stackward scale --layer web --check
    """
    _run(
        "scale", inventory, stack, instance, layer, output, extra, check=check, diff=diff, verbose=verbose
    )  # fmt: skip


def heal(
    extra: Extra = None,
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    check: Check = False,
    diff: Diff = False,
    verbose: Verbose = False,
    output: options.Output = Form.TEXT,
) -> None:
    """Look at every instance, and bring back those that have failed.

    Run it once a minute, by cron or by a timer. What fails is marked and
    remedied step by step; what is withheld is said with the reason.

    For example:
      stackward heal
      stackward heal --stack shop --check
    """
    _run("heal", inventory, stack, None, None, output, extra, check=check, diff=diff, verbose=verbose)


def health_check(
    extra: Extra = None,
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    verbose: Verbose = False,
    output: options.Output = Form.TEXT,
) -> None:
    """Look at every instance that ought to answer, and change nothing.

    For example:
      stackward health-check --verbose
    """
    _run("health_check", inventory, stack, None, None, output, extra, verbose=verbose)
