"""Code from a folder on the controller."""

from __future__ import annotations

from pathlib import Path

from stackward.definition.model import App
from stackward.engine.code.kept import Fetched, archive_of, writing
from stackward.engine.code.packing import UnfitError, pack
from stackward.engine.code.summed import Summed
from stackward.errors import StackwardError


def fetch(data: str, app: App, wanted: str | None) -> Fetched:
    """The code as it is now. Raises StackwardError where that is not the revision that is wanted."""
    root = Path(app.source.location)
    if not root.is_dir():
        raise StackwardError(f"App {app.name}: its source {root} is not a directory. Nothing was deployed.")
    try:
        revision = _revision(root)
        if not archive_of(data, app.name, revision).exists() and wanted in (None, revision):
            revision = _kept(data, app, root)
    except UnfitError as error:
        raise StackwardError(f"App {app.name}: {root} cannot be deployed: {error}. Nothing was deployed.") from error
    if wanted not in (None, revision):
        raise StackwardError(
            f"App {app.name}: revision {wanted[:12]} of directory {root} is not kept on this controller and the "
            "directory has changed since; deploy the app again."
        )
    return Fetched(revision, archive_of(data, app.name, revision))


def _revision(root: Path) -> str:
    """The SHA-256 of the folder as a tar."""
    summed = Summed()
    pack(root, summed)
    return summed.sum()


def _kept(data: str, app: App, root: Path) -> str:
    """Keep the folder as it is now, and return its revision: somebody may have written there since it was looked at."""
    written = archive_of(data, app.name, "directory")
    with writing(written) as tar:
        summed = Summed(tar)
        pack(root, summed)
    written.replace(archive_of(data, app.name, summed.sum()))
    return summed.sum()
