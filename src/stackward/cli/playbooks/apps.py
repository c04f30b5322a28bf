"""Commands that move an app."""

from __future__ import annotations

from typing import Annotated

import typer

from stackward.cli.playbooks.command import APP, ATTRIBUTES, CHECK, DIFF, REASON, TARGETS, Taken, playbook_command

deploy = playbook_command(
    "deploy",
    """Put an app's code live on its instances that are online, batch after batch.

    Each is drained, released, checked and put back. A batch that fails gets
    back what it had, and the deploy stops.

    For example:
      stackward deploy
      stackward deploy --app storefront --revision v1.4.2
      stackward deploy --app storefront --instance web1
    """,
    *TARGETS,
    APP,
    Taken(
        "revision",
        Annotated[
            str | None,
            typer.Option("--revision", metavar="REVISION", help="Instead of the one in the stack file."),
        ],
    ),
    ATTRIBUTES,
    REASON,
    CHECK,
    DIFF,
)

rollback = playbook_command(
    "rollback",
    """Put a release live again that was live before, batch after batch.

    `stackward deployments` lists those that are kept.

    For example:
      stackward rollback --app storefront
      stackward rollback --app storefront --release 36f1d18
      stackward rollback --check
    """,
    *TARGETS,
    APP,
    Taken(
        "release",
        Annotated[
            str | None,
            typer.Option(
                "--release", metavar="RELEASE", help="Which one, or its revision; the one before unless given."
            ),
        ],
    ),
    ATTRIBUTES,
    REASON,
    CHECK,
    DIFF,
)

undeploy = playbook_command(
    "undeploy",
    """Take an app off its instances that are online.

    For example:
      stackward undeploy --app storefront
    """,
    *TARGETS,
    APP,
    REASON,
    CHECK,
    DIFF,
)

restart_app = playbook_command(
    "restart_app",
    """Restart an app on its instances, batch after batch as in a deploy.

    For example:
      stackward restart-app --app storefront
    """,
    *TARGETS,
    APP,
    REASON,
    CHECK,
    DIFF,
)

stop_app = playbook_command(
    "stop_app",
    """Stop an app on all of its instances; it stays stopped until it is started or deployed.

    For example:
      stackward stop-app --app storefront --reason "Moving the database"
    """,
    *TARGETS,
    APP,
    REASON,
    CHECK,
    DIFF,
)

start_app = playbook_command(
    "start_app",
    """Start an app again that was stopped.

    For example:
      stackward start-app --app storefront
    """,
    *TARGETS,
    APP,
    REASON,
    CHECK,
    DIFF,
)
