"""Every test that the document names is there."""

import re

from tests.unit.docs.documents import ROOT

NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")


def test_each_promise_names_a_test_that_there_is():
    text = (ROOT / "docs" / "invariants.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| |")]
    named = NAMED.findall(text)
    assert len(named) >= len(rows) > 10
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not re.search(rf"^\s*def {name}\(", (ROOT / "tests" / file).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert missing == []
