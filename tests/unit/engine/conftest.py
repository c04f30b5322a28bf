"""What tests of an app's code have in common."""

from __future__ import annotations

import pytest

from tests.unit.engine.code.examples import git


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=trunk")
    (folder / "page").write_text("one\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "one")
    git(folder, "tag", "v1")
    (folder / "page").write_text("two\n")
    git(folder, "commit", "--quiet", "-am", "two")
    return folder
