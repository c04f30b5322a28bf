"""The documents that people read, and what stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = (
    ROOT / "README.md",
    ROOT / "plugins" / "README.md",
    ROOT / "collections" / "ansible_collections" / "stackward" / "ops" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block: its document, the language after the fence, its text."""

    document: Path
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.document.relative_to(ROOT)}: {self.text.splitlines()[0] if self.text else ''}"


def blocks(*languages: str) -> list[Block]:
    """Every fenced block in one of these languages, of all documents."""
    found = [
        Block(document, language, text)
        for document in DOCUMENTS
        for language, text in FENCE.findall(document.read_text(encoding="utf-8"))
        if language in languages
    ]
    assert found, f"no document has a block of {languages}"
    return found


def commands(program: str) -> Iterator[tuple[Path, str]]:
    """What follows a program's name wherever a document shows it being typed or mentions it as code."""
    typed = re.compile(rf"(?:^|[\s/`$;&|]){re.escape(program)} ([^`\n#;&|]+)")
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        shown = [found for _, found in FENCE.findall(text)]
        for piece in (*shown, *CODE.findall(FENCE.sub("", text))):
            for found in typed.finditer(f"\n{piece}"):
                yield document, found[1].strip()
