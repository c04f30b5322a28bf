"""A YAML text as plain data that remembers the line of everything in it.

Beyond YAML 1.1 as Ansible reads it: keys are text, dates and times stay the text that was written, values of an app's
environment stay as written ("1.10" is not 1.1), and nothing is constructed but plain data and vault-encrypted values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from stackward.definition import scalar
from stackward.definition.mistake import Finding, Mistake, Path, dotted

DEEPEST = 100
"""The most levels that a file may have."""

LARGEST = 1_000_000
"""The most values that a file may have after its aliases are followed."""

MOST_FINDINGS = 1_000
"""How many mistakes are reported of one file's YAML, at most."""

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_Entries = dict[str, tuple[yaml.Node, yaml.Node]]


class _TooDeepError(yaml.MarkedYAMLError):
    """Nesting beyond DEEPEST. libyaml's composer would overflow the stack of the process."""


class _BoundedLoader(_Loader):  # type: ignore[misc]
    """Composes nodes and gives up at DEEPEST levels. Knows no path resolvers, so it need not ask for them."""

    depth = 0

    def descend_resolver(self, current_node: yaml.Node, current_index: Any) -> None:  # noqa: ARG002  the signature is PyYAML's
        self.depth += 1
        if self.depth > DEEPEST:
            mark = current_node.start_mark if current_node else None
            raise _TooDeepError(problem=f"more than {DEEPEST} levels inside each other", problem_mark=mark)

    def ascend_resolver(self) -> None:
        self.depth -= 1


class SyntaxMistake(Exception):  # noqa: N818
    """The text cannot be read as YAML; nothing more can be said about it."""

    def __init__(self, line: int, mistake: Mistake) -> None:
        self.line = line
        self.mistake = mistake
        super().__init__(str(mistake))


@dataclass
class Document:
    """The data of a YAML text, what is wrong with it as YAML, and the line of each path."""

    root: yaml.Node | None
    data: Any = None
    findings: list[Finding] = field(default_factory=list)
    lines: dict[int, int] = field(default_factory=dict)
    """Lines of those findings whose line is not that of their path (second keys), by position."""
    unread: set[Path] = field(default_factory=set)
    """Paths whose value could not be read; None stands in its place."""
    _entries: dict[int, _Entries] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """Return the line of a path, or of the deepest part of it that is in the file. The first line is 1."""
        node, line = self.root, _line(self.root)
        for part in path:
            if isinstance(node, yaml.MappingNode) and isinstance(part, str):
                pair = self._entries.get(id(node), {}).get(part)
                if pair is None:
                    return line
                line, node = _line(pair[0]), pair[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                line = _line(node)
            else:
                return line
        return line


def _line(node: yaml.Node | None) -> int:
    return node.start_mark.line + 1 if node is not None else 1


def read(text: str) -> Document:
    """Return the text as a document. Raises SyntaxMistake."""
    document = Document(_compose(text))
    if document.root is not None:
        reader = _Reader(document)
        document.data = reader.value(document.root, ())
    return document


def _compose(text: str) -> yaml.Node | None:
    loader = None
    try:
        loader = _BoundedLoader(text)
        node: yaml.Node | None = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        if conflict := _CONFLICT.search(text):
            raise SyntaxMistake(text.count("\n", 0, conflict.start()) + 1, _UNMERGED) from None
        mark = error.problem_mark or error.context_mark
        raise SyntaxMistake(mark.line + 1 if mark else 1, _explained(error, mark)) from None
    except yaml.reader.ReaderError as error:
        position = error.position if isinstance(error.position, int) else 0
        raise SyntaxMistake(
            text.encode()[:position].count(b"\n") + 1,
            Mistake(f"this is not YAML ({error.reason})", "write plain text without control characters"),
        ) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise SyntaxMistake(1, Mistake(f"this is not YAML ({_single(str(error))})", "write a YAML mapping")) from None
    finally:
        if loader is not None:
            loader.dispose()
    return node


_CONFLICT = re.compile("^<{7} ", re.MULTILINE)
"""Where Git leaves both sides of a merge to a person."""

_UNMERGED = Mistake("both sides of a merge are here (<<<<<<<)", "keep what is right of them, and take out Git's marks")

_HINTS = (
    ("mapping values are not allowed", 'put a value that contains ": " in quotes, and check the indentation'),
    ("tab character", "indent with spaces, not tabs"),
    ("cannot start any token", "indent with spaces, not tabs, and put a value in quotes that starts with @, ` or %"),
    ("undefined alias", "define the anchor (&name) above its alias (*name)"),
    ("duplicate anchor", "give each anchor (&name) a name of its own"),
    ("expected a single document", "write one document a file, without a second ---"),
    ("did not find expected", "check the indentation, the quotes and the brackets here and in the lines above"),
    ("levels inside each other", "write the file flatter"),
    ("quoted scalar", "close the quotes"),
)


def _explained(error: yaml.MarkedYAMLError, mark: yaml.Mark | None) -> Mistake:
    said = _single(": ".join(part for part in (error.context, error.problem) if part)) or "it cannot be read"
    if "maximum nesting depth" in said:
        # A libyaml with a bound of its own meets it before ours, as it reads ahead.
        said = f"more than {DEEPEST} levels inside each other"
    where = f", column {mark.column + 1}" if mark else ""
    right = next((hint for sign, hint in _HINTS if sign in said), "check the indentation and the quotes")
    return Mistake(f"this is not YAML ({said}{where})", right)


def _single(text: str) -> str:
    return " ".join(text.split())


class _Reader:
    """Turns nodes into data and collects what is wrong on the way."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._entries = document._entries
        self._above: set[int] = set()
        self._left = LARGEST

    def value(self, node: yaml.Node, path: Path) -> Any:
        """Return the data of a node. What cannot be read is reported, and None stands in its place."""
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        self._enter(node, path)
        data: Any = None
        if isinstance(node, yaml.MappingNode) and node.tag == scalar.TAG + "map":
            entries = self.entries(node, path)
            self._left -= len(entries)
            data = {key: self.value(item, (*path, key)) for key, (_, item) in entries.items()}
        elif isinstance(node, yaml.SequenceNode) and node.tag == scalar.TAG + "seq":
            self._left -= len(node.value)
            data = [self.value(item, (*path, position)) for position, item in enumerate(node.value)]
        else:
            self._not_read(path, scalar.unknown_tag(node))
        self._above.discard(id(node))
        return data

    def _enter(self, node: yaml.Node, path: Path) -> None:
        """Go into a list or mapping. Raises SyntaxMistake where the aliases lead in a circle or to too much."""
        if id(node) in self._above:
            wrong, right = f"{dotted(path)} contains itself through an alias", "write the values out"
        elif len(path) > DEEPEST:
            wrong, right = f"more than {DEEPEST} levels inside each other", "write the file flatter"
        elif self._left < 0:
            wrong, right = f"more than {LARGEST:,} values", "use fewer aliases"
        else:
            self._above.add(id(node))
            return
        raise SyntaxMistake(_line(node), Mistake(wrong, right))

    def entries(self, node: yaml.MappingNode, path: Path) -> _Entries:
        """Return the keys of a mapping with those that it merges in (<<), which come first and lose against its own."""
        known = self._entries.get(id(node))
        if known is not None:
            return known
        own: _Entries = {}
        merged: _Entries = {}
        for key_node, value_node in node.value:
            if key_node.tag == scalar.TAG + "merge":
                for source in self._merged(value_node, (*path, "<<")):
                    for key, pair in source.items():
                        merged.setdefault(key, pair)
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                self._report(
                    path, Mistake("has a key that is not plain text", "write a name before the colon"), key_node
                )
                continue
            key = key_node.value
            if not scalar.encodable(key):
                self._report(path, scalar.not_unicode(), key_node)
            elif key in own:
                first = _line(own[key][0])
                self._report(
                    (*path, key),
                    Mistake(f"this key is here twice, first in line {first}", "keep one of them"),
                    key_node,
                )
            else:
                own[key] = (key_node, value_node)
        result = merged | own
        self._entries[id(node)] = result
        return result

    def _merged(self, node: yaml.Node, path: Path) -> Iterator[_Entries]:
        """Yield what a merge key brings in: the entries of one mapping, or of each of a list of them."""
        for source in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if not isinstance(source, yaml.MappingNode):
                self._report(path, Mistake("merges something that is not a mapping", "merge mappings: <<: *name"), node)
            else:
                self._enter(source, path)
                found = self.entries(source, path[:-1])
                self._above.discard(id(source))
                self._left -= len(found)
                yield found

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        try:
            return scalar.value(node, as_written=_in_environment(path), secret_allowed=_may_be_secret(path))
        except Mistake as mistake:
            return self._not_read(path, mistake)

    def _not_read(self, path: Path, mistake: Mistake) -> None:
        self._document.unread.add(path)
        self._report(path, mistake)

    def _report(self, path: Path, mistake: Mistake, node: yaml.Node | None = None) -> None:
        if len(self._document.findings) == MOST_FINDINGS:
            return
        if node is not None:
            self._document.lines[len(self._document.findings)] = _line(node)
        self._document.findings.append((path, mistake))


def _in_environment(path: Path) -> bool:
    return len(path) == 4 and path[0] == "apps" and path[2] == "environment"


def _may_be_secret(path: Path) -> bool:
    """Whether a vault-encrypted value may stand here; a layer's own check says which of its settings take one."""
    in_settings = len(path) >= 3 and path[0] == "layers" and path[2] not in ("attributes", "recipes", "volumes")
    return in_settings or _in_environment(path) or _in_tls(path) or _is_password_of_database(path)


def _is_password_of_database(path: Path) -> bool:
    return len(path) == 3 and path[0] == "databases" and path[2] == "password"


def _in_tls(path: Path) -> bool:
    return len(path) == 4 and path[0] == "apps" and path[2] == "tls"
