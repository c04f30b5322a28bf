"""Commands of the control loop: what was asked for, what clock and load want, what has failed."""

from __future__ import annotations

from stackward.cli import options
from stackward.cli.playbooks.command import BATCH, CHECK, DIFF, TARGETS, Taken, playbook_command

converge = playbook_command(
    "converge",
    """Carry out what was asked for, and every Configure due.

    Before that, resources such as security groups and load balancer members
    are brought to what the stack file says.

    With --instance or --layer only those are moved; every Configure that is due still runs.

    Online instances that the stack file has set up again, as they are in another layer, go in batches as with setup.

    For example:
      stackward converge
      stackward converge --instance web1 --check
    """,
    *TARGETS,
    BATCH,
    Taken("allow_destroy", options.AllowDestroy, False, read=lambda given: given or None),
    CHECK,
    DIFF,
)

scale = playbook_command(
    "scale",
    """Start and stop instances as their schedules and the load say.

    Run it once a minute, by cron or by a timer. It measures what is due first.
    Where there is nothing to do, no host is asked for anything else.

    For example:
      stackward scale
      stackward scale --layer web --check
    """,
    *TARGETS,
    CHECK,
    DIFF,
)

heal = playbook_command(
    "heal",
    """Look at every instance, and bring back those that have failed.

    Run it once a minute, by cron or by a timer. What fails is marked and
    remedied step by step; what is withheld is said with the reason.

    For example:
      stackward heal
      stackward heal --stack shop --check
    """,
    CHECK,
    DIFF,
)

health_check = playbook_command(
    "health_check",
    """Look at every instance that ought to answer, and change nothing.

    For example:
      stackward health-check --verbose
    """,
)
