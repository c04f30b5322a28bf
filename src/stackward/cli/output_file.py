"""What ansible-playbook has written so far, and what in it is meant for a person."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

_ERROR = "[ERROR]: "
_PREFIX = re.compile(r"^(Task failed: )?(Action failed: )?")
_PLAY = "PLAY ["
_BEFORE = re.compile(r"^(ERROR|ansible-playbook: error): ")
_END = re.compile(r"^(Origin: |fatal: |\[WARNING\]|\[ERROR\]|\s*$)")
_UNREACHED = re.compile(r"^fatal: \[(?P<host>[^\] ]+).*?\]: UNREACHABLE! => (?P<result>\{.*)$")
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
    """Return the errors of a whole output, each once, without Ansible's source excerpts.

    What is told again with the instance and the task that it is about is told so only.
    """
    found: list[str] = []
    lines = text.splitlines()
    for position, line in enumerate(lines):
        if unreached := _UNREACHED.match(line):
            found += _why(unreached["host"], unreached["result"])
        if not line.startswith(_ERROR):
            continue
        sentence = [_PREFIX.sub("", line.removeprefix(_ERROR))]
        for more in lines[position + 1 : position + _LONGEST]:
            if _END.match(more):
                break
            sentence.append(more)
        found.append("\n".join(sentence))
    if not found and _PLAY not in text:
        # It has not come to playing anything, and says why in a line that is marked otherwise, or else in its last one.
        marked = [line for line in lines if _BEFORE.match(line)] or [line for line in lines if line.strip()]
        found = [_BEFORE.sub("", line) for line in marked[-1:]]
    return tuple(one for one in dict.fromkeys(found) if not any(other.endswith(f": {one}") for other in found))


def _why(host: str, result: str) -> Iterator[str]:
    """Yield why a host was not reached; for that alone Ansible has no sentence beside what it has for programs."""
    try:
        message = json.loads(result).get("msg")
    except ValueError:
        return
    if message:
        yield f"{host}: {message}"
