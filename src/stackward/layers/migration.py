"""The migration of an app: one command, on one instance, before a deploy puts the release in place."""

from __future__ import annotations

from stackward.layers.context import AppOnInstance
from stackward.layers.rendering import rendered
from stackward.layers.resources import Run

_DONE = "/var/lib/stackward/migrated-"


def migration(item: AppOnInstance, *, user: str, release: str, environment_file: str = "") -> list[Run]:
    """Return the command in the folder of the release, as `user`, with the app's variables; none where none is due.

    What has run once under the same name is not run again, also where the call that ran it was cut short after it.
    """
    command = item.app.deploy.migrate
    if command is None or not item.migration:
        return []
    done = f"{_DONE}{item.app.name}-"
    return [
        Run(
            name=f"{item.app.name}: migration",
            command=(
                "sh",
                "-c",
                rendered("migration.sh.j2"),
                "migration",
                user,
                release,
                environment_file,
                done,
                item.migration,
                command,
            ),
            creates=f"{done}{item.migration}",
            timeout=3600.0,
        )
    ]
