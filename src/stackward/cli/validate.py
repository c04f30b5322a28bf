"""`stackward validate`: every mistake of the stack files at once."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackward.cli import options
from stackward.cli.output import Form, print_json

if TYPE_CHECKING:
    from stackward.definition.model import Stack


@dataclass(frozen=True, slots=True)
class Verdict:
    """What there is to say about one file. The numbers are 0 and `stack` None where it has mistakes.

    `certificates` is what is to be known of those of apps.
    """

    file: str
    ok: bool
    stack: str | None = None
    layers: int = 0
    instances: int = 0
    apps: int = 0
    problems: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()


def validate(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Stack files; by default those of the project."),
    ] = None,
    output: options.Output = Form.TEXT,
) -> None:
    """Check stack files and print every mistake.

    Each comes with its line and what would be right. Exits with 1 if there is one.

    For example:
      stackward validate inventory/shop.stack.yml
      stackward validate inventory/*.stack.yml --output json
    """
    from stackward.cli.finding import find

    read: list[Stack] = []
    verdicts = [_verdict(file, read) for file in files or find((), Path.cwd()).files]
    if output is Form.JSON:
        print_json({"files": verdicts})
    else:
        for verdict in verdicts:
            _say(verdict)
    if not all(verdict.ok for verdict in verdicts):
        raise typer.Exit(1)


def _verdict(file: Path, read: list[Stack]) -> Verdict:
    """Say how a file is, beside those that were read before it; it becomes one of them."""
    from stackward.cli.ansible_places import role_places
    from stackward.cli.one_inventory import clashes
    from stackward.cli.own_plugins import mistakes
    from stackward.definition.loader import load
    from stackward.errors import DefinitionError

    try:
        stack = load(str(file), environment=os.environ, roles=role_places(file, os.environ))
    except DefinitionError as error:
        return Verdict(str(file), ok=False, problems=error.problems)
    problems = (*clashes(stack, read), *mistakes(stack))
    read.append(stack)
    if problems:
        return Verdict(str(file), ok=False, problems=tuple(f"{file}: {problem}" for problem in problems))
    from stackward.engine.certificates import notices

    counted = (len(stack.layers), len(stack.instances), len(stack.apps))
    return Verdict(str(file), True, stack.name, *counted, certificates=notices(stack, datetime.now(UTC)))


def _say(verdict: Verdict) -> None:
    if not verdict.ok:
        sys.stderr.write("".join(f"{problem}\n" for problem in verdict.problems))
        return
    parts = ((verdict.layers, "layer"), (verdict.instances, "instance"), (verdict.apps, "app"))
    numbers = ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in parts)
    sys.stdout.write(f"ok: {verdict.stack}: {numbers}\n")
    sys.stderr.write("".join(f"{verdict.file}: {notice}\n" for notice in verdict.certificates))
