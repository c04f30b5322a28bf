"""The files to which the document on the architecture sends its readers are there."""

from __future__ import annotations

import re

import pytest

from tests.architecture.sources import COLLECTION, PACKAGE, ROOT

ROOTS = (PACKAGE, COLLECTION, COLLECTION / "plugins", COLLECTION / "plugins" / "module_utils")
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([a-z_]+(?:/[a-z_]+)+\.(?:py|yml))`", TEXT)))


def test_the_document_names_files():
    assert len(NAMED) > 20


@pytest.mark.parametrize("name", NAMED)
def test_a_file_that_the_document_names_is_there(name):
    assert any((root / name).is_file() for root in ROOTS)
