"""Where an app lives on an instance."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stackward.definition.model import App
from stackward.layers.errors import LayerError

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_RELEASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class AppFolders:
    """The folders of one app below /srv."""

    root: str

    @property
    def releases(self) -> str:
        """One folder for each release."""
        return f"{self.root}/releases"

    @property
    def current(self) -> str:
        """A link to the release that is live."""
        return f"{self.root}/current"

    @property
    def shared(self) -> str:
        """What outlives a release."""
        return f"{self.root}/shared"

    @property
    def environments(self) -> str:
        """Virtual environments, one for each set of requirements."""
        return f"{self.root}/environments"

    def release(self, release: str) -> str:
        """Return the folder of a release. Raises LayerError for an identifier that is no folder name."""
        if _RELEASE.fullmatch(release) is None:
            raise LayerError(
                f"{release!r} cannot be the name of a release's folder: use letters, digits, '.', '_', '-'."
            )
        return f"{self.releases}/{release}"


def protected(folders: AppFolders, before: tuple[str, ...]) -> tuple[str, ...]:
    """Return what must stay however many releases are kept: the live one, and the one to go back to."""
    return (folders.current, *(folders.release(release) for release in before))


def app_folders(app: App) -> AppFolders:
    """Return the folders of an app. Raises LayerError for an app whose name is no folder name."""
    if _NAME.fullmatch(app.name) is None:
        raise LayerError(
            f"App {app.name!r} cannot have a folder of that name: use up to 32 small letters, digits, '_' and '-', "
            "with a letter first."
        )
    return AppFolders(f"/srv/{app.name}")
