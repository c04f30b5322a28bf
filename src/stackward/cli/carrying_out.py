"""Carries a command out with the collection's playbook, and says what became of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from stackward.cli import running, utf8_locale
from stackward.cli.finding import CONFIGURATION, Inventory, find, narrowed, project
from stackward.cli.moments import span
from stackward.cli.naming import Kind, check
from stackward.cli.opening import Known, read
from stackward.cli.outcome import InstanceOutcome, Witness, failing, log_name
from stackward.cli.output import Form, console, print_json, print_line
from stackward.cli.output_file import OutputFile, errors
from stackward.cli.variables import extra_variables
from stackward.definition.model import Stack

_ASKING = frozenset(
    {"-k", "-K", "-J", "--ask-pass", "--ask-become-pass", "--ask-vault-pass", "--ask-vault-password", "--step"}
)
"""Options of ansible-playbook that make it ask for something on the terminal."""

_LISTING = frozenset({"--list-hosts", "--list-tasks", "--list-tags", "--syntax-check"})
"""Options of ansible-playbook that make it run nothing: all that comes of it is what it prints."""

_BOTH = frozenset({"-CD", "-DC"})
"""How check mode and differences are asked for at once."""

_UNASKED = frozenset({"scale", "heal", "converge"})
"""What finds out by itself whom it moves, and leaves to other runs what they are at."""

_CONFIGURATION_VARIABLE = "ANSIBLE_CONFIG"


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asked for on the command line.

    `kind` names the playbook and the run; `variables` go to the playbook beside instance, layer, app and stack.
    """

    kind: str
    inventory: Sequence[Path]
    stack: str | None
    instances: Sequence[str]
    layers: Sequence[str]
    output: Form
    app: str | None = None
    check: bool = False
    diff: bool = False
    verbose: bool = False
    variables: Mapping[str, Any] = field(default_factory=dict)
    extra: Sequence[str] = ()

    @property
    def command(self) -> str:
        """The name of the command that runs the playbook."""
        return self.kind.replace("_", "-")

    @property
    def only_looks(self) -> bool:
        """Whether check mode is on, by the option or by what goes to Ansible as it is."""
        return self.check or not {"--check", "-C", *_BOTH}.isdisjoint(self.extra)

    @property
    def shows_differences(self) -> bool:
        """Whether Ansible shows what changes in files, by the option or by what goes to it as it is."""
        return self.diff or not {"--diff", "-D", *_BOTH}.isdisjoint(self.extra)


def carry_out(order: Order) -> None:
    """Run the playbook. Exits with 1 if it fails, 130 if it was told to stop. Raises StackwardError before it runs."""
    inventory = find(order.inventory, Path.cwd())
    stacks = read(inventory, order.stack)
    check(stacks, Kind.INSTANCE, order.instances)
    check(stacks, Kind.LAYER, order.layers)
    check(stacks, Kind.APP, [order.app] if order.app is not None else [])
    if order.stack is not None:
        inventory = narrowed(inventory, Path(stacks[0].path))
    command = _command(order, inventory)
    environment = environment_of(stacks[0])
    if any(item in _ASKING or item in _LISTING or item.endswith("@prompt") for item in order.extra):
        _end(running.run_interactively(command, environment))
        return
    witnesses = [Witness(Known(stack), order.kind) for stack in stacks]
    try:
        _watched(order, command, environment, witnesses)
    finally:
        for witness in witnesses:
            witness.known.close()


def _command(order: Order, inventory: Inventory) -> list[str]:
    command = [running.ansible_playbook(), f"stackward.ops.{order.kind}"]
    for source in inventory.sources:
        command += ["-i", str(source)]
    variables = {key: value for key, value in order.variables.items() if value is not None}
    given = {"stack": order.stack, "app": order.app, "instance": order.instances, "layer": order.layers}
    variables = {**{key: value for key, value in given.items() if value}, **variables}
    if variables:
        command += ["-e", extra_variables(variables)]
    command += ["--check"] if order.check else []
    command += ["--diff"] if order.diff else []
    return [*command, *order.extra]


def environment_of(stack: Stack) -> dict[str, str]:
    """Return the environment: the project's ansible.cfg counts wherever in or outside of it the command is given."""
    environment = {**os.environ, **utf8_locale.variables()}
    folder = project(Path(stack.path))
    if _CONFIGURATION_VARIABLE not in environment and folder is not None:
        environment[_CONFIGURATION_VARIABLE] = str(folder / CONFIGURATION)
    return environment


def _watched(
    order: Order, command: Sequence[str], environment: Mapping[str, str], witnesses: Sequence[Witness]
) -> None:
    for witness in witnesses:
        witness.begin()
    data = Path(witnesses[0].known.stack.data)
    output = OutputFile(running.log_file(data / "logs", log_name(order.kind, datetime.now(UTC))))
    screen = console()
    live = order.output is Form.TEXT and screen.is_terminal and not (order.verbose or order.shows_differences)
    if live:
        from stackward.cli.progress import Progress

        with Progress(screen, order.kind, witnesses, output) as progress:
            ended = running.run(command, environment, output.path, progress.look)
    elif order.output is Form.TEXT:
        ended = running.run(command, environment, output.path, lambda _process: _pass_on(output.new()))
        _pass_on(output.rest())
    else:
        ended = running.run(command, environment, output.path, lambda _process: None)
    outcomes = tuple(item for witness in witnesses for item in witness.outcomes())
    resources = tuple(item for witness in witnesses for item in witness.resources())
    said = errors(output.path.read_text(encoding="utf-8", errors="replace")) if ended.code else ()
    if order.output is Form.JSON:
        print_json({**_data(order, ended, outcomes, said, output.path), "resources": resources})
    else:
        _say(order, ended, outcomes, resources, said if live and not ended.stopped else (), output.path)
        if live and order.kind in _UNASKED:
            _say_of_others(witnesses, datetime.now(UTC))
    _end(ended)


def _pass_on(text: str) -> None:
    """Show Ansible's output. A reader that has gone away does not stop the run."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  stays for the rest of the process


def _data(
    order: Order, ended: running.Outcome, outcomes: Sequence[InstanceOutcome], said: Sequence[str], log: Path
) -> dict[str, Any]:
    return {
        "command": order.kind,
        "ok": ended.code == 0,
        "stopped": ended.stopped,
        "exit_code": ended.code,
        "seconds": round(ended.seconds, 3),
        "log": log,
        "errors": said,
        "instances": outcomes,
    }


def _say(
    order: Order,
    ended: running.Outcome,
    outcomes: Sequence[InstanceOutcome],
    resources: Sequence[str],
    said: Sequence[str],
    log: Path,
) -> None:
    from rich.text import Text

    from stackward.cli.outcome_table import table

    screen = console()
    if outcomes:
        screen.print(table(outcomes))
    for item in failing(outcomes):
        for failure in item.failures:
            print_line(screen, Text.assemble((f"{item.name}: ", "bold"), (failure, "red")), 4)
    if not any(failing(outcomes)):
        for sentence in said:
            print_line(screen, Text(sentence, style="red"), 4)
    took = span(ended.seconds)
    if ended.code == 0:
        changed = "" if outcomes or resources else ", nothing had to be done"
        said = f"only looked, {took}; nothing was changed" if order.only_looks else f"done in {took}{changed}"
        screen.print(f"{order.command}: {said}", soft_wrap=True)
    else:
        how = "stopped" if ended.stopped else "failed"
        screen.print(f"{order.command}: {how} after {took}; Ansible's whole output is in {log}", soft_wrap=True)


def _say_of_others(witnesses: Sequence[Witness], now: datetime) -> None:
    """Say who else is at work, where Ansible's own output, which has it, is not shown."""
    for witness in witnesses:
        for claim in witness.elsewhere(now):
            doing = f": {claim.doing}" if claim.doing else ""
            since = span(now - claim.since)
            console().print(f"{claim.instance}: {claim.owner} has held it for {since}{doing}", soft_wrap=True)


def _end(ended: running.Outcome) -> None:
    if ended.stopped:
        raise KeyboardInterrupt
    if ended.code != 0:
        raise typer.Exit(1)
