"""`stackward admission`: the command that somebody types on a machine so that it lets this controller in."""

from __future__ import annotations

from typing import Annotated

import typer

from stackward.cli import completion, options
from stackward.cli.output import Form, print_json

Name = Annotated[str, typer.Argument(metavar="INSTANCE", autocompletion=completion.instances)]


def admission(
    name: Name,
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    output: options.Output = Form.TEXT,
) -> None:
    """Print the command that lets the controller in, to be typed on a machine that you own.

    It is for a machine that you reach only there, at its console or in another way, and it says the
    host keys of the machine. Then `stackward register` needs no login of yours.

    For example:
      stackward admission rack1
    """
    from stackward import ssh
    from stackward.cli.naming import Kind, named
    from stackward.cli.opening import opened
    from stackward.engine import requests
    from stackward.engine.admission import command
    from stackward.errors import StackwardError

    with opened(inventory, stack) as stacks:
        it = named(name, stacks, (Kind.INSTANCE,))
    chosen = it.known.stack
    requests.owned(chosen, [name], named=True)
    its = chosen.provider_of(name).options.get("key")
    if its is not None:
        raise StackwardError(f"{name} admits {its} already, by {chosen.path}; there is nothing to do on the machine.")
    text = command(chosen.provider_of(name).user, ssh.public_key(chosen.data))
    if output is Form.JSON:
        print_json({"stack": chosen.name, "instance": name, "command": text})
    else:
        typer.echo(text)
