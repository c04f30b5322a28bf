"""Programs that stand in for an engine and for mmdebstrap: shell scripts that answer as a test says and write a log."""

from __future__ import annotations

from pathlib import Path

from stackward.providers.container.engine import Engine, EngineName


class Programs:
    """A folder of stand-ins, to be put on the PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def add(self, name: str, cases: str) -> Path:
        """A program whose shell code `cases` sees its arguments as "$*"; each call goes to the log."""
        program = self.folder / name
        log = self.folder / "log"
        program.write_text(f'#!/bin/sh\necho "{name} $*" >>{log}\ncase "$*" in\n{cases}\nesac\n')
        program.chmod(0o755)
        return program

    def engine(self, cases: str, name: EngineName = EngineName.PODMAN) -> Engine:
        return Engine(name, str(self.add(name.value, cases)))

    @property
    def calls(self) -> list[str]:
        log = self.folder / "log"
        return log.read_text().splitlines() if log.exists() else []
