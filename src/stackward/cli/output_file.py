"""What ansible-playbook has written so far, and what in it is meant for a person."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

_ERROR = "[ERROR]: "
_PREFIX = "Task failed: "
_END = re.compile(r"^(Origin: |fatal: |\[WARNING\]|\[ERROR\]|\s*$)")
_LONGEST = 12


class OutputFile:
    """Follows the file as it grows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = 0
        self._rest = b""

    def new(self) -> str:
        """Return what has been added since the last call, in whole lines."""
        with self.path.open("rb") as file:
            file.seek(self._read)
            added = file.read()
        self._read += len(added)
        whole, newline, self._rest = (self._rest + added).rpartition(b"\n")
        return (whole + newline).decode("utf-8", "replace")

    def rest(self) -> str:
        """Return a last line without an end."""
        rest, self._rest = self._rest, b""
        return rest.decode("utf-8", "replace")


def said_of(stacks: Sequence[str], text: str) -> Iterator[str]:
    """Yield the lines in which the engine says what it does with a stack."""
    starts = tuple(f"{name}: " for name in stacks)
    for line in text.splitlines():
        if line.startswith(starts):
            yield line


def errors(text: str) -> tuple[str, ...]:
    """Return the errors of a whole output, each once, without Ansible's source excerpts."""
    found: list[str] = []
    lines = text.splitlines()
    for position, line in enumerate(lines):
        if not line.startswith(_ERROR):
            continue
        sentence = [line.removeprefix(_ERROR).removeprefix(_PREFIX)]
        for more in lines[position + 1 : position + _LONGEST]:
            if _END.match(more):
                break
            sentence.append(more)
        found.append("\n".join(sentence))
    return tuple(dict.fromkeys(found))
