"""Makes commands that run a playbook, each from its name, its help and the options that it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import Annotated, Any

import typer

from stackward.cli import completion, options
from stackward.cli.output import Form


def _as_given(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Taken:
    """An option that a command takes.

    It goes to the playbook as a variable of its name, or as `variable`, after `read` has made sense of it, which
    raises BadParameter for what makes none. One that is not given does not go there.
    """

    name: str
    kind: Any
    default: object = None
    variable: str = ""
    read: Callable[[Any], Any] = _as_given


def batch(text: str | None) -> str | None:
    """Return how many instances go at a time, as it was typed. Raises BadParameter for what is no size."""
    from stackward.definition.deploy_values import typed_batch
    from stackward.definition.mistake import Mistake

    try:
        return None if text is None else str(typed_batch(text))
    except Mistake as mistake:
        raise typer.BadParameter(f"{mistake.wrong}; {mistake.right}.", param_hint="'--batch'") from None


def _mapping(text: str | None) -> Any:
    from stackward.cli.variables import mapping

    return None if text is None else mapping(text)


INSTANCE = Taken("instance", options.Instances)
LAYER = Taken("layer", options.Layers)
TARGETS = (INSTANCE, LAYER)
APP = Taken(
    "app",
    Annotated[
        str | None,
        typer.Option(
            "--app", metavar="NAME", help="Which app, where there are several.", autocompletion=completion.apps
        ),
    ],
)
BATCH = Taken(
    "batch",
    Annotated[
        str | None,
        typer.Option(
            "--batch",
            metavar="NUMBER|PERCENT",
            help="How many of a layer are set up again at a time; as many as in deploys of its apps.",
        ),
    ],
    read=batch,
)
ATTRIBUTES = Taken(
    "attributes",
    Annotated[
        str | None,
        typer.Option(
            "--attributes",
            metavar="JSON|YAML|@FILE",
            help="Custom attributes for this command only; they win over others.",
        ),
    ],
    read=_mapping,
)
REASON = Taken("reason", Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why, for the journal.")])
CHECK = Taken("check", Annotated[bool, typer.Option("--check", help="Only show what would be done.")], False)
DIFF = Taken(
    "diff", Annotated[bool, typer.Option("--diff", help="Show what changes in files, in Ansible's own output.")], False
)

_FIRST = (
    Taken(
        "extra",
        Annotated[
            list[str] | None,
            typer.Argument(metavar="-- ARGUMENT", help="Arguments for ansible-playbook, after two hyphens."),
        ],
    ),
    Taken("inventory", options.Inventory),
    Taken("stack", options.Stack),
)
_LAST = (
    Taken("verbose", Annotated[bool, typer.Option("--verbose", "-v", help="Show Ansible's own output.")], False),
    Taken("output", options.Output, Form.TEXT),
)
_ORDERED = frozenset({"extra", "inventory", "stack", "instance", "layer", "app", "check", "diff", "verbose", "output"})
"""What the order itself holds, beside the variables of the playbook."""


def playbook_command(name: str, description: str, *takes: Taken) -> Callable[..., None]:
    """Return the command that runs the playbook `name`; `description` is its help."""
    taken = (*_FIRST, *takes, *_LAST)

    def command(**given: Any) -> None:
        _run(name, taken, given)

    command.__name__, command.__doc__ = name, description
    command.__annotations__ = {item.name: item.kind for item in taken}
    # Typer reads a command's options from its signature.
    command.__signature__ = Signature(  # type: ignore[attr-defined]
        [Parameter(item.name, Parameter.KEYWORD_ONLY, default=item.default, annotation=item.kind) for item in taken]
    )
    return command


def _run(name: str, taken: tuple[Taken, ...], given: dict[str, Any]) -> None:
    extra = given["extra"] or ()
    if extra and not extra[0].startswith("-"):
        raise typer.BadParameter(
            f"{extra[0]!r} is no option of ansible-playbook. Name instances with --instance, layers with --layer."
        )
    from stackward.cli.carrying_out import Order, carry_out

    variables = {item.variable or item.name: item.read(given[item.name]) for item in taken if item.name not in _ORDERED}
    carry_out(
        Order(
            kind=name,
            inventory=given["inventory"] or (),
            stack=given["stack"],
            instances=given.get("instance") or (),
            layers=given.get("layer") or (),
            output=given["output"],
            app=given.get("app"),
            check=given.get("check", False),
            diff=given.get("diff", False),
            verbose=given["verbose"],
            variables=variables,
            extra=extra,
        )
    )
