"""What Amazon RDS would refuse of a database that it is to make: found when the stack file is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stackward.definition import raw, values
from stackward.definition.database import identifier
from stackward.definition.mistake import Finding, Mistake, shown

LEAST_SIZE = 20
"""Gibibytes of the smallest disk of type gp3."""

LONGEST_NAME = 63
_NAME = re.compile(r"[a-z](?:-?[a-z0-9])*")
_GROUP = re.compile(r"sg-[0-9a-f]{8,17}")


def findings(data: Any) -> Iterator[Finding]:
    """Every mistake in databases that are made by the provider `ec2`."""
    if raw.text(data, "provider", "type") != "ec2":
        return
    for name in raw.mapping(data, "databases"):
        item = raw.mapping(data, "databases", name)
        if "host" not in item:
            yield from ((("databases", name, *path), mistake) for path, mistake in _wrong(data, name))


def _wrong(data: Any, name: str) -> Iterator[Finding]:
    called = identifier(raw.text(data, "name") or "", name)
    if not _NAME.fullmatch(called):
        right = "write the names of stack and database without two hyphens or underscores in a row, or one at the end"
        yield (), Mistake(f"Amazon RDS takes no name such as {called}", right)
    elif len(called) > LONGEST_NAME:
        wrong = f"Amazon RDS takes no name of {len(called)} characters such as {called}"
        yield (), Mistake(wrong, f"shorten it: {LONGEST_NAME} characters at most")
    size = raw.text(data, "databases", name, "size")
    if size is not None and re.fullmatch(values.SIZE, size, re.ASCII) and values.size(size) < LEAST_SIZE:
        yield ("size",), Mistake(f"Amazon RDS makes no disk smaller than {LEAST_SIZE}G", f"write {LEAST_SIZE}G or more")
    for position, group in raw.texts(raw.mapping(data, "databases", name, "provider"), "security_groups"):
        if not _GROUP.fullmatch(group):
            wrong = f"{shown(group)} is not the id of a security group"
            yield ("provider", "security_groups", position), Mistake(wrong, "write one such as sg-0123456789abcdef0")
