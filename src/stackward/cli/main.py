"""The command line `stackward`: its commands, and how it starts. Heavy imports wait until a command runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from inspect import cleandoc
from typing import Annotated

import typer

from stackward.cli.admission import admission
from stackward.cli.deployments import deployments
from stackward.cli.describe import describe
from stackward.cli.events import events
from stackward.cli.group import INTERRUPTED, SpokenGroup, interrupted
from stackward.cli.hold import hold, release_hold
from stackward.cli.incident import incident
from stackward.cli.install_timers import install_timers
from stackward.cli.logs import logs
from stackward.cli.metrics import metrics
from stackward.cli.pause import pause, resume
from stackward.cli.plan import plan
from stackward.cli.playbooks import apps, loop, machines
from stackward.cli.playbooks import events as lifecycle
from stackward.cli.prune import prune
from stackward.cli.rehearse import heal
from stackward.cli.schedule import preview
from stackward.cli.schema import schema
from stackward.cli.serve import serve
from stackward.cli.simulate import simulate
from stackward.cli.status import status
from stackward.cli.validate import validate
from stackward.cli.why import why

app = typer.Typer(
    name="stackward",
    cls=SpokenGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        sys.stdout.write(f"stackward {version('stackward')}\n")
        raise typer.Exit


@app.callback()
def stackward(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Stacks of ordinary machines: see how they are, ask for what you want, and know why.

    Exit codes: 0 well; 1 an error, said in a sentence; 2 a wrong command line,
    or of `plan`: there is something to do; 130 ended by Ctrl-C.
    """


def _help(command: Callable[..., None]) -> str:
    """Return a command's description, with the lines of its examples left as they are."""
    paragraphs = cleandoc(command.__doc__ or "").split("\n\n")
    return "\n\n".join(f"\b\n{text}" if text.startswith("For example:") else text for text in paragraphs)


_COMMANDS = (
    (status, describe, plan, why, incident, events, logs, metrics, deployments),
    (
        machines.start,
        machines.stop,
        machines.terminate,
        machines.reboot,
        machines.update,
        admission,
        machines.register,
        machines.deregister,
        lifecycle.setup,
        lifecycle.configure,
        apps.deploy,
        apps.rollback,
        apps.undeploy,
        apps.restart_app,
        apps.stop_app,
        apps.start_app,
        lifecycle.shutdown,
        lifecycle.run_recipes,
        loop.converge,
        loop.scale,
        loop.heal,
        loop.health_check,
    ),
    (hold, release_hold, pause, resume),
    (serve, install_timers, prune),
    (validate, schema, simulate),
)

for command in (command for together in _COMMANDS for command in together):
    app.command(help=_help(command))(command)

schedule = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="What the schedules of a stack file mean.")
schedule.command(help=_help(preview))(preview)
app.add_typer(schedule, name="schedule")

rehearse = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="What healing would do: told, or done to a twin."
)
rehearse.command(help=_help(heal))(heal)
rehearse.callback()(lambda: None)
app.add_typer(rehearse, name="rehearse")


def main() -> None:
    """Run the command line."""
    if sys.stdout is None:
        # Where nobody reads (`>&-`), what is written is meant for nobody.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  stays for the rest of the process
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    try:
        app(prog_name="stackward")
    except KeyboardInterrupt:
        interrupted()
        sys.exit(INTERRUPTED)
