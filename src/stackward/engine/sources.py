"""Fetches an app's code once on the controller and keeps it as an archive named by its exact revision."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from stackward.definition.model import App, SourceType
from stackward.engine.code import directory, download, git, s3
from stackward.engine.code.kept import Fetched, archive_of, folder_of, locked
from stackward.errors import StackwardError

_FETCH: Mapping[SourceType, Callable[[str, App, str | None], Fetched]] = {
    SourceType.GIT: git.fetch,
    SourceType.DIRECTORY: directory.fetch,
    SourceType.ARCHIVE: download.fetch,
    SourceType.S3: s3.fetch,
}


_EXACT = re.compile("[0-9a-f]{40,64}")
"""A commit, or the SHA-256 of an archive or a directory."""


def fetch(data: str, app: App, revision: str | None = None) -> Fetched:
    """The app's code at `revision` (else at the revision of its source). Fetched only if it is not here yet.

    Raises StackwardError when the source cannot be reached or has no such revision, or the code cannot be kept here; no
    host has been touched then.
    """
    try:
        with locked(folder_of(data, app.name)):
            # Other text could lead to what is kept elsewhere.
            if revision is not None and _EXACT.fullmatch(revision) and archive_of(data, app.name, revision).exists():
                return Fetched(revision, archive_of(data, app.name, revision))
            return _FETCH[app.source.type](data, app, revision or app.source.revision)
    except OSError as error:
        raise StackwardError(
            f"App {app.name}: its code cannot be read or kept on this machine: {error}. Nothing was deployed."
        ) from error


__all__ = ["Fetched", "fetch"]
