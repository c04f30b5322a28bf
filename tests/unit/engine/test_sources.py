"""Code is fetched once, at an exact revision, or nothing is deployed and the reason is said."""

from __future__ import annotations

import sys
import tracemalloc
from dataclasses import replace

import pytest

from stackward.definition.model import App, Source, SourceType
from stackward.engine.sources import fetch
from stackward.errors import StackwardError
from tests.unit.engine.code.examples import app, git


def test_what_cannot_be_kept_on_this_machine_is_said(tmp_path, repository):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sources").write_text("in the way")
    with pytest.raises(StackwardError, match=r"App site: .*/data/sources.*Nothing was deployed\."):
        fetch(str(tmp_path / "data"), app(SourceType.GIT, repository))


@pytest.mark.parametrize("kind", [SourceType.GIT, SourceType.DIRECTORY])
def test_code_is_not_held_in_memory(tmp_path, repository, kind):
    with (repository / "large").open("wb") as file:
        file.truncate(64 * 1024**2)
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "large")
    tracemalloc.start()
    try:
        fetch(str(tmp_path / "data"), app(kind, repository))
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024**2
    finally:
        tracemalloc.stop()


def test_no_revision_leads_to_the_code_of_another_app(tmp_path, repository):
    data = str(tmp_path / "data")
    other = fetch(data, replace(app(SourceType.GIT, repository), name="other"))
    with pytest.raises(StackwardError, match="has no revision"):
        fetch(data, app(SourceType.GIT, repository), f"../other/{other.revision}")


def test_s3_says_what_is_missing_where_boto3_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "botocore.exceptions", None)
    bucket = App("site", ("web",), Source(SourceType.S3, "site.tar.gz", bucket="releases"))
    with pytest.raises(StackwardError, match=r"there is no boto3 here: pip install 'stackward\[s3\]'"):
        fetch(str(tmp_path / "data"), bucket)
