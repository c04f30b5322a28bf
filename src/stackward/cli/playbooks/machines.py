"""Commands that move machines."""

from __future__ import annotations

from typing import Annotated

import typer

from stackward.cli.playbooks.command import CHECK, DIFF, REASON, TARGETS, Taken, batch, playbook_command

start = playbook_command(
    "start",
    """Bring instances online.

    The machine boots, Setup and Deploy run; then Configure runs on all that are online.
    Time-based instances start only where they are named with --instance.

    For example:
      stackward start
      stackward start --layer web --reason "Monday morning"
      stackward start --instance web1 --check
    """,
    *TARGETS,
    REASON,
    CHECK,
    DIFF,
)

stop = playbook_command(
    "stop",
    """Stop instances; disks and addresses stay.

    They leave their load balancers and Shutdown runs; then Configure runs on the others.

    For example:
      stackward stop --instance web2
      stackward stop
      stackward stop --instance web2 --force
    """,
    *TARGETS,
    Taken(
        "force",
        Annotated[bool, typer.Option("--force", help="Do not wait for the machine's own system, which may be stuck.")],
        False,
        read=lambda given: given or None,
    ),
    REASON,
    CHECK,
    DIFF,
)

terminate = playbook_command(
    "terminate",
    """Remove the machines of the instances named; volumes stay.

    They leave their load balancers and Shutdown runs; then Configure runs on the others. A start makes a new machine.

    For example:
      stackward terminate --instance web2
    """,
    *TARGETS,
    REASON,
    CHECK,
    DIFF,
)

reboot = playbook_command(
    "reboot",
    """Restart machines; no lifecycle event runs.

    For example:
      stackward reboot --instance web1
    """,
    *TARGETS,
    REASON,
    CHECK,
    DIFF,
)

update = playbook_command(
    "update",
    """Install the distribution's updates on instances that are online, one batch after another.

    An instance leaves its load balancers, is rebooted where its updates need it, and is put back before the next one.
    The first batch that fails is the last one.

    For example:
      stackward update --layer web
      stackward update --batch 25% --reason "security updates"
    """,
    *TARGETS,
    Taken(
        "batch",
        Annotated[
            str | None,
            typer.Option("--batch", metavar="NUMBER|PERCENT", help="How many instances go at a time; 1."),
        ],
        read=batch,
    ),
    REASON,
    CHECK,
    DIFF,
)

register = playbook_command(
    "register",
    """Take up machines that you own: pin their host keys and let the controller in.

    You log in once with your own key, or with a password (-- --ask-pass --ask-become-pass); from then on the stack's
    key is enough. A machine that admits the stack's key already needs none of yours.

    For example:
      stackward register --instance rack1
      stackward register --instance rack1 --login root --key ~/.ssh/datacentre
      stackward register --instance rack1 -- --ask-become-pass
    """,
    *TARGETS,
    Taken(
        "login",
        Annotated[
            str | None,
            typer.Option("--login", metavar="USER", help="Who you are there; else the user of the stack file."),
        ],
    ),
    Taken(
        "key",
        Annotated[
            str | None,
            typer.Option("--key", metavar="FILE", help="Your private key; else your agent and your own keys."),
        ],
    ),
    Taken(
        "take_over",
        Annotated[
            bool, typer.Option("--take-over", help="Take the machine from another stack that manages it, or has.")
        ],
        False,
        read=lambda given: given or None,
    ),
    REASON,
    CHECK,
)

deregister = playbook_command(
    "deregister",
    """Let machines that you own go; they go on running.

    They leave their load balancers and Shutdown runs; the controller is let in no more.
    Then Configure runs on the others.

    For example:
      stackward deregister --instance rack1
    """,
    *TARGETS,
    REASON,
    CHECK,
    DIFF,
)
