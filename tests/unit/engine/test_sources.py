"""Code is fetched once, at an exact revision, or nothing is deployed and the reason is said."""

from __future__ import annotations

import os
import subprocess
import tarfile

import pytest

from stackward.definition.model import App, Source, SourceType
from stackward.engine.sources import fetch, without_credentials
from stackward.errors import StackwardError


def app(kind: SourceType, location: object, revision: str | None = None) -> App:
    return App(name="site", layers=("web",), source=Source(kind, str(location), revision))


def git(folder, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


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


def content(archive) -> dict[str, str]:
    with tarfile.open(archive) as tar:
        return {entry.name: tar.extractfile(entry).read().decode() for entry in tar if entry.isreg()}


@pytest.mark.parametrize(("revision", "page"), [(None, "two\n"), ("trunk", "two\n"), ("v1", "one\n")])
def test_a_branch_a_tag_or_the_default_is_resolved_to_a_commit(tmp_path, repository, revision, page):
    fetched = fetch(str(tmp_path / "data"), app(SourceType.GIT, repository, revision))
    assert fetched.revision == git(repository, "rev-parse", f"{revision or 'HEAD'}^{{commit}}")
    assert content(fetched.archive) == {"page": page}


def test_a_commit_that_is_kept_is_not_fetched_again(tmp_path, repository):
    data = str(tmp_path / "data")
    first = fetch(data, app(SourceType.GIT, repository))
    assert fetch(data, app(SourceType.GIT, "/gone"), first.revision) == first


def test_a_new_commit_is_seen(tmp_path, repository):
    data = str(tmp_path / "data")
    before = fetch(data, app(SourceType.GIT, repository))
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "three")
    assert fetch(data, app(SourceType.GIT, repository)).revision != before.revision


@pytest.mark.parametrize("revision", ["no-such", "--upload-pack=touch x", "v1^{tree}"])
def test_a_revision_that_is_not_there_is_refused(tmp_path, repository, revision):
    with pytest.raises(StackwardError, match="has no revision"):
        fetch(str(tmp_path / "data"), app(SourceType.GIT, repository, revision))


def test_a_repository_that_cannot_be_reached_is_named_without_its_password(tmp_path):
    location = "https://anna:sesame@localhost:1/site.git"
    with pytest.raises(StackwardError) as caught:
        fetch(str(tmp_path / "data"), app(SourceType.GIT, location))
    assert "cannot be fetched from https://localhost:1/site.git" in str(caught.value)
    assert "sesame" not in str(caught.value)


def test_a_directory_has_a_revision_by_its_content_alone(tmp_path):
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "page").write_text("same\n")
    os.utime(tmp_path / "b" / "page", (1, 1))
    first, second = (fetch(str(tmp_path / "data"), app(SourceType.DIRECTORY, tmp_path / name)) for name in ("a", "b"))
    assert first.revision == second.revision
    (tmp_path / "b" / "page").write_text("other\n")
    assert fetch(str(tmp_path / "data"), app(SourceType.DIRECTORY, tmp_path / "b")).revision != first.revision


def test_what_is_no_code_stays_out_of_a_directory(tmp_path):
    folder = tmp_path / "code"
    for name in (".git", "__pycache__", "pages"):
        (folder / name).mkdir(parents=True)
        (folder / name / "file").write_text("x")
    fetched = fetch(str(tmp_path / "data"), app(SourceType.DIRECTORY, folder))
    assert list(content(fetched.archive)) == ["pages/file"]


def test_a_directory_that_changed_since_its_revision_is_refused(tmp_path):
    folder = tmp_path / "code"
    folder.mkdir()
    with pytest.raises(StackwardError, match="has changed since; deploy the app again"):
        fetch(str(tmp_path / "data"), app(SourceType.DIRECTORY, folder), "0" * 64)


def test_a_directory_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(StackwardError, match="is not a directory"):
        fetch(str(tmp_path / "data"), app(SourceType.DIRECTORY, tmp_path / "gone"))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("https://user:word@example.com/a.git", "https://example.com/a.git"),
        ("https://example.com/a.git", "https://example.com/a.git"),
        ("git@example.com:a.git", "git@example.com:a.git"),
        ("/srv/a.git", "/srv/a.git"),
    ],
)
def test_a_location_is_shown_without_credentials(given, shown):
    assert without_credentials(given) == shown
