"""Names of instances as a pattern: "web[3:6]" stands for web3, web4, web5 and web6.

The ranges are Ansible's: both ends included, `[01:10]` keeps leading zeros, `[a:c]` counts letters, `[1:9:2]` steps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod
from string import ascii_lowercase

from stackward.definition.mistake import Mistake, shown

LARGEST = 100_000
"""The most instances that a pattern may stand for."""

LONGEST_NAME = 63
"""The most characters that a host name may have."""

_EXAMPLE = "such as web1 or web[1:3]"
_NAME_RULE = f"write lower-case letters, digits and hyphens, a letter first and no hyphen last, {_EXAMPLE}"
_RANGE_RULE = 'write a range as [first:last] or [first:last:step], such as "web[1:3]", "web[01:10]" or "web[a:c]"'
_PLAIN_NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LITERAL = re.compile(r"[a-z0-9-]*")
_NUMBER = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class _Numbers:
    """A range of numbers. `width` is the number of digits with leading zeros, 0 without."""

    positions: range
    width: int

    @property
    def longest(self) -> int:
        return max(self.width, len(str(self.positions[-1])))

    @property
    def starts_with_letter(self) -> bool:
        return False

    def values(self) -> list[str]:
        return [str(position).zfill(self.width) for position in self.positions]


@dataclass(frozen=True, slots=True)
class _Letters:
    """A range of letters, as positions in the alphabet."""

    positions: range

    @property
    def longest(self) -> int:
        return 1

    @property
    def starts_with_letter(self) -> bool:
        return True

    def values(self) -> list[str]:
        return [ascii_lowercase[position] for position in self.positions]


@dataclass(frozen=True, slots=True)
class HostPattern:
    """A parsed pattern: `literals` and `ranges` by turns, a literal first and last."""

    text: str
    literals: tuple[str, ...]
    ranges: tuple[_Numbers | _Letters, ...] = ()

    @property
    def count(self) -> int:
        """How many names it stands for, without making them."""
        return prod(len(item.positions) for item in self.ranges)

    def names(self) -> Iterator[str]:
        """Every name, in order; the last range moves fastest."""
        if not self.ranges:
            return iter((self.text,))
        if len(self.ranges) == 1:
            before, after = self.literals
            return (f"{before}{value}{after}" for value in self.ranges[0].values())
        steps = [[f"{value}{after}" for value in item.values()] for item, after in self._pairs()]
        return ("".join((self.literals[0], *parts)) for parts in product(*steps))

    def _pairs(self) -> Iterator[tuple[_Numbers | _Letters, str]]:
        return zip(self.ranges, self.literals[1:], strict=True)


def parse(text: str) -> HostPattern:
    """Read an instance name or pattern. Every name that it stands for is a valid host name.

    The check looks at the pattern, not at each name. Raises Mistake.
    """
    if _PLAIN_NAME.fullmatch(text):
        return HostPattern(text, (text,))
    pattern = _split(text) if "[" in text or "]" in text else HostPattern(text, (text,))
    _check_names(pattern)
    if pattern.count > LARGEST:
        raise Mistake(
            f"{shown(text)} stands for {pattern.count:,} instances", f"a pattern may stand for {LARGEST:,} at most"
        )
    return pattern


def _split(text: str) -> HostPattern:
    literals: list[str] = []
    ranges: list[_Numbers | _Letters] = []
    rest = text
    while "[" in rest:
        literal, _, rest = rest.partition("[")
        inside, closing, rest = rest.partition("]")
        if not closing:
            raise Mistake(f'{shown(text)} has a "[" without a "]"', _RANGE_RULE)
        literals.append(literal)
        ranges.append(_range(inside))
    literals.append(rest)
    if any("]" in literal for literal in literals):
        raise Mistake(f'{shown(text)} has a "]" without a "["', _RANGE_RULE)
    return HostPattern(text, tuple(literals), tuple(ranges))


def _range(inside: str) -> _Numbers | _Letters:
    bounds = inside.split(":")
    if len(bounds) not in (2, 3) or not bounds[1]:
        raise Mistake(f"[{inside}] is not a range", _RANGE_RULE)
    first, last = bounds[0] or "0", bounds[1]
    step = _step(inside, bounds[2]) if len(bounds) == 3 else 1
    if _NUMBER.fullmatch(first) and _NUMBER.fullmatch(last):
        width = len(first) if len(first) > 1 and first[0] == "0" else 0
        if width and len(last) != width:
            raise Mistake(
                f"[{inside}] starts with {len(first)} digits and ends with {len(last)}",
                "give both ends as many digits, such as [01:10]",
            )
        return _Numbers(_positions(inside, int(first), int(last), step), width)
    if len(first) == len(last) == 1 and first in ascii_lowercase and last in ascii_lowercase:
        return _Letters(_positions(inside, ascii_lowercase.index(first), ascii_lowercase.index(last), step))
    raise Mistake(f"[{inside}] is not a range of numbers or of lower-case letters", _RANGE_RULE)


def _step(inside: str, text: str) -> int:
    if not _NUMBER.fullmatch(text) or int(text) < 1:
        raise Mistake(f"[{inside}] has the step {shown(text)}", "write a step of 1 or more, such as [1:9:2]")
    return int(text)


def _positions(inside: str, first: int, last: int, step: int) -> range:
    if first > last:
        raise Mistake(f"[{inside}] counts down", "write the smaller end first")
    return range(first, last + 1, step)


def _check_names(pattern: HostPattern) -> None:
    head, tail = pattern.literals[0], pattern.literals[-1]
    letter_first = (
        head[:1] in ascii_lowercase if head else bool(pattern.ranges) and pattern.ranges[0].starts_with_letter
    )
    if not letter_first or tail.endswith("-") or not all(_LITERAL.fullmatch(literal) for literal in pattern.literals):
        raise Mistake(f"{shown(pattern.text)} is not an instance name", _NAME_RULE)
    longest = sum(map(len, pattern.literals)) + sum(item.longest for item in pattern.ranges)
    if longest > LONGEST_NAME:
        raise Mistake(
            f"{shown(pattern.text)} makes a name of {longest} characters", f"use {LONGEST_NAME} characters at most"
        )
