"""Tests that documents name are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
NAMED = re.compile(r"`([a-z_/0-9]+\.py)::(test_\w+)`")


@pytest.mark.parametrize("document", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_every_test_that_is_named_is_there(document):
    lacking = [
        f"{file}::{test}"
        for file, test in NAMED.findall(document.read_text(encoding="utf-8"))
        if f"def {test}(" not in (ROOT / "tests" / file).read_text(encoding="utf-8")
    ]
    assert lacking == []


def test_the_proofs_of_scaling_are_named():
    assert len(NAMED.findall((ROOT / "docs" / "scaling.md").read_text(encoding="utf-8"))) > 5
