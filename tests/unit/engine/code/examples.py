"""An app, commands of Git, and what is in an archive."""

from __future__ import annotations

import subprocess
import tarfile

from stackward.definition.model import App, Source, SourceType


def app(kind: SourceType, location: object, revision: str | None = None) -> App:
    return App(name="site", layers=("web",), source=Source(kind, str(location), revision))


def git(folder, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def content(archive) -> dict[str, str]:
    with tarfile.open(archive) as tar:
        return {entry.name: tar.extractfile(entry).read().decode() for entry in tar if entry.isreg()}
