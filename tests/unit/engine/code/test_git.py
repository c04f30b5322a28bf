"""Code from Git is that of one commit, whatever its name; where it cannot be had, the reason is said."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace

import pytest

from stackward.definition.model import SourceType
from stackward.engine.sources import fetch
from stackward.errors import StackwardError
from tests.unit.engine.code.examples import app, content, git


@pytest.mark.parametrize(("revision", "page"), [(None, "two\n"), ("trunk", "two\n"), ("v1", "one\n")])
def test_a_branch_a_tag_or_the_default_is_resolved_to_a_commit(tmp_path, repository, revision, page):
    fetched = fetch(str(tmp_path / "data"), app(SourceType.GIT, repository, revision))
    assert fetched.revision == git(repository, "rev-parse", f"{revision or 'HEAD'}^{{commit}}")
    assert content(fetched.archive) == {"page": page}


def test_a_commit_that_is_kept_is_not_fetched_again(tmp_path, repository):
    data = str(tmp_path / "data")
    first = fetch(data, app(SourceType.GIT, repository))
    assert fetch(data, app(SourceType.GIT, "/gone"), first.revision) == first


def test_a_repository_without_a_default_branch_has_its_others_all_the_same(tmp_path, repository):
    bare = tmp_path / "bare.git"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=never-pushed", str(bare))
    git(repository, "push", "--quiet", str(bare), "trunk")
    fetched = fetch(str(tmp_path / "data"), app(SourceType.GIT, bare, "trunk"))
    assert content(fetched.archive) == {"page": "two\n"}
    with pytest.raises(StackwardError, match="It has no default branch: name a revision"):
        fetch(str(tmp_path / "data"), app(SourceType.GIT, bare))


def test_a_commit_that_is_on_no_branch_any_more_can_be_deployed(tmp_path, repository):
    (repository / "page").write_text("pushed over\n")
    git(repository, "commit", "--quiet", "-am", "three")
    lost = git(repository, "rev-parse", "HEAD")
    git(repository, "reset", "--quiet", "--hard", "HEAD~1")
    fetched = fetch(str(tmp_path / "data"), app(SourceType.GIT, repository, lost))
    assert fetched.revision == lost
    assert content(fetched.archive) == {"page": "pushed over\n"}
    with pytest.raises(StackwardError, match="has no revision 'dddd"):
        fetch(str(tmp_path / "data"), app(SourceType.GIT, repository, "d" * 40))


def test_a_name_of_a_branch_and_of_another_tag_is_refused(tmp_path, repository):
    git(repository, "branch", "v1")
    with pytest.raises(StackwardError, match=r"a branch and a tag 'v1'.*write refs/heads/v1 or refs/tags/v1"):
        fetch(str(tmp_path / "data"), app(SourceType.GIT, repository, "v1"))
    branch = fetch(str(tmp_path / "data"), app(SourceType.GIT, repository, "refs/heads/v1"))
    tag = fetch(str(tmp_path / "data"), app(SourceType.GIT, repository, "refs/tags/v1"))
    assert [content(found.archive)["page"] for found in (branch, tag)] == ["two\n", "one\n"]
    git(repository, "branch", "--force", "v1", "v1^{commit}")
    assert fetch(str(tmp_path / "data"), app(SourceType.GIT, repository, "v1")) == tag


def test_a_tag_that_was_moved_is_followed(tmp_path, repository):
    data = str(tmp_path / "data")
    before = fetch(data, app(SourceType.GIT, repository, "v1"))
    git(repository, "tag", "--force", "v1", "trunk")
    assert content(fetch(data, app(SourceType.GIT, repository, "v1")).archive) == {"page": "two\n"}
    assert fetch(data, app(SourceType.GIT, repository, "v1"), before.revision) == before


def test_head_is_the_default_branch_there_whatever_else_is_called_as_git_calls_it_here(tmp_path, repository):
    for name in ("master", "main"):
        git(repository, "branch", name, "v1")
    fetched = fetch(str(tmp_path / "data"), app(SourceType.GIT, repository, "HEAD"))
    assert content(fetched.archive)["page"] == "two\n"


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


def test_a_deploy_from_a_hook_of_git_is_of_the_app_and_not_of_the_repository_of_the_hook(
    tmp_path, repository, monkeypatch
):
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    fetched = fetch(str(tmp_path / "data"), app(SourceType.GIT, repository, "v1"))
    assert content(fetched.archive) == {"page": "one\n"}


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_submodule_beside_its_repository_is_found_there(tmp_path, repository, scheme):
    shutil.copytree(repository, tmp_path / "part")
    git(repository, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../part", "vendor/part")
    git(repository, "commit", "--quiet", "-m", "with a part")
    fetched = fetch(str(tmp_path / "data"), app(SourceType.GIT, f"{scheme}{repository}"))
    assert content(fetched.archive)["vendor/part/page"] == "two\n"


def test_a_submodule_comes_along_unless_it_is_not_wanted(tmp_path, repository):
    part = tmp_path / "part"
    part.mkdir()
    git(part, "init", "--quiet", "--initial-branch=trunk")
    (part / "piece").write_text("piece\n")
    git(part, "add", ".")
    git(part, "commit", "--quiet", "-m", "piece")
    git(repository, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(part), "vendor/part")
    git(repository, "commit", "--quiet", "-m", "with a part")
    whole = app(SourceType.GIT, repository)
    fetched = fetch(str(tmp_path / "data"), whole)
    assert content(fetched.archive)["vendor/part/piece"] == "piece\n"
    bare = replace(whole, source=replace(whole.source, submodules=False))
    assert "vendor/part/piece" not in content(fetch(str(tmp_path / "other"), bare).archive)


def test_a_deploy_key_is_what_git_logs_in_with(tmp_path, repository, monkeypatch):
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    private = app(SourceType.GIT, "ssh://git@git.example.com/site.git")
    key = tmp_path / "my key"
    private = replace(private, source=replace(private.source, deploy_key=str(key)))
    with pytest.raises(StackwardError, match=r"App site: its deploy_key .*/my key is not there\. Nothing was deployed"):
        fetch(str(tmp_path / "data"), private)
    assert not (tmp_path / "asked").exists()
    key.touch()
    with pytest.raises(StackwardError, match=r"App site cannot be fetched from ssh://git\.example\.com/site\.git"):
        fetch(str(tmp_path / "data"), private)
    assert f"-o IdentitiesOnly=yes -i {key}" in (tmp_path / "asked").read_text()


def test_a_submodule_that_cannot_be_reached_is_named(tmp_path, repository):
    gone = tmp_path / "gone"
    shutil.copytree(repository, gone)
    git(repository, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(gone), "vendor/part")
    git(repository, "commit", "--quiet", "-m", "with a part")
    shutil.rmtree(gone)
    with pytest.raises(StackwardError) as told:
        fetch(str(tmp_path / "data"), app(SourceType.GIT, repository))
    assert f"its submodule {gone}: repository '{gone}' does not exist. Nothing was deployed." in str(told.value)
