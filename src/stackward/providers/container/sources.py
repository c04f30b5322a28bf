"""Where Debian's packages come from: what this machine's own apt uses, else Debian's public archive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

_SUITES = frozenset({"bullseye", "bookworm", "trixie", "forky", "sid", "oldstable", "stable", "testing", "unstable"})
_ARCHIVE = "http://deb.debian.org/debian"
_SECURITY = "http://deb.debian.org/debian-security"


def read(folder: Path = Path("/etc/apt")) -> tuple[str, ...]:
    """The texts of this machine's apt source files."""
    files = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    wanted = (file for file in files if file.suffix in (".list", ".sources") and file.is_file())
    return tuple(file.read_text(encoding="utf-8", errors="replace") for file in wanted)


def lines_for(suite: str, texts: Iterable[str]) -> str:
    """One-line apt sources of a Debian suite with its updates and security fixes, from the mirrors in `texts`."""
    archive, security = _ARCHIVE, _SECURITY
    for address, name, components in _entries(texts):
        base, _, pocket = name.partition("-")
        if base not in _SUITES or "main" not in components:
            continue
        if pocket == "security":
            security = address
        elif not pocket:
            archive = address
    return f"deb {archive} {suite} main\ndeb {archive} {suite}-updates main\ndeb {security} {suite}-security main\n"


def _entries(texts: Iterable[str]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for text in texts:
        lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
        if any(line.lower().startswith("uris:") for line in lines):
            yield from _stanzas(lines)
        else:
            yield from _one_line(lines)


def _one_line(lines: Iterable[str]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for line in lines:
        kind, _, rest = line.strip().partition(" ")
        if kind != "deb":
            continue
        rest = rest.strip()
        words = rest.partition("]")[2].split() if rest.startswith("[") else rest.split()
        if len(words) > 2:
            yield words[0], words[1], tuple(words[2:])


def _stanzas(lines: Iterable[str]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for stanza in "\n".join(lines).split("\n\n"):
        fields = {}
        for line in stanza.splitlines():
            name, colon, value = line.partition(":")
            if colon and not line[:1].isspace():
                fields[name.strip().lower()] = value.split()
        if "deb" in fields.get("types", ()) and fields.get("enabled") != ["no"]:
            for address in fields.get("uris", ()):
                for suite in fields.get("suites", ()):
                    yield address, suite, tuple(fields.get("components", ()))
