"""The project's Python files as syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "stackward"
COLLECTION = ROOT / "collections" / "ansible_collections" / "stackward" / "ops"


def modules(*folders: Path) -> list[Path]:
    """Every Python file below the folders; a file stands for itself. Raises where a folder has none."""
    found = []
    for folder in folders:
        inside = [folder] if folder.suffix == ".py" else sorted(folder.rglob("*.py"))
        if not inside:
            raise AssertionError(f"{folder} holds no Python file; has it moved?")
        found += inside
    return found


def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that a file imports, wherever in the file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


def called(path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything that a file calls: "datetime.now", or "read_text" of an expression."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield node.lineno, _dotted(node.func)


def place(path: Path, line: int) -> str:
    """A place as editors understand it."""
    return f"{path.relative_to(ROOT)}:{line}"


def _dotted(node: ast.expr) -> str:
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return ".".join(reversed(parts))
