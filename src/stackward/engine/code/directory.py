"""Code from a folder on the controller."""

from __future__ import annotations

import hashlib
from pathlib import Path

from stackward.definition.model import App
from stackward.engine.code.kept import Fetched, archive_of, keep
from stackward.engine.code.packing import UnfitError, packed
from stackward.errors import StackwardError


def fetch(data: str, app: App, wanted: str | None) -> Fetched:
    """The code as it is now. Raises StackwardError where that is not the revision that is wanted."""
    root = Path(app.source.location)
    if not root.is_dir():
        raise StackwardError(f"App {app.name}: its source {root} is not a directory. Nothing was deployed.")
    try:
        content = packed(root)
    except UnfitError as error:
        raise StackwardError(f"App {app.name}: {root} cannot be deployed: {error}. Nothing was deployed.") from error
    revision = hashlib.sha256(content).hexdigest()
    if wanted is not None and revision != wanted:
        raise StackwardError(
            f"App {app.name}: revision {wanted[:12]} of directory {root} is not kept on this controller and the "
            "directory has changed since; deploy the app again."
        )
    target = archive_of(data, app.name, revision)
    if not target.exists():
        keep(target, content)
    return Fetched(revision, target)
