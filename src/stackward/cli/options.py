"""The options that many commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stackward.cli import completion
from stackward.cli.finding import VARIABLE
from stackward.cli.output import Form

Inventory = Annotated[
    list[Path] | None,
    typer.Option(
        "--inventory",
        "-i",
        metavar="FILE|FOLDER",
        envvar=VARIABLE,
        help="A stack file, or a folder of them; may be repeated. "
        "By default inventory/*.stack.yml of the project around the current folder.",
    ),
]
Output = Annotated[Form, typer.Option("--output", "-o", help="Text for a person, or JSON.")]
Stack = Annotated[
    str | None,
    typer.Option("--stack", "-s", metavar="NAME", help="Only this stack.", autocompletion=completion.stacks),
]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="TIME", help="2h, 18:00 or 2026-03-02T18:00; without end unless given."),
]
Instances = Annotated[
    list[str] | None,
    typer.Option(
        "--instance",
        metavar="NAME",
        help="Only this instance; may be repeated.",
        autocompletion=completion.instances,
    ),
]
Layers = Annotated[
    list[str] | None,
    typer.Option(
        "--layer",
        metavar="NAME",
        help="Only the instances of this layer; may be repeated.",
        autocompletion=completion.layers,
    ),
]


def reason(text: str) -> str:
    """Return what something is done for. Raises BadParameter where nothing is said."""
    if not text.strip():
        raise typer.BadParameter('it is empty; write it for whoever finds it like that, such as "new disk".')
    return text.strip()


AllowDestroy = Annotated[
    bool,
    typer.Option(
        "--allow-destroy",
        help="Also delete volumes, addresses and databases that the stack file wants no more, with all data.",
    ),
]
