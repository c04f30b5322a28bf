"""Code from a directory is all that is in it and meant, under a revision by its content."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import tarfile

import pytest

from stackward.definition.model import SourceType
from stackward.engine.code import directory
from stackward.engine.sources import fetch
from stackward.errors import StackwardError
from tests.unit.engine.code.examples import app, content


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


def test_a_directory_that_is_written_to_meanwhile_is_kept_under_the_revision_of_what_was_read(tmp_path, monkeypatch):
    root = tmp_path / "code"
    root.mkdir()
    (root / "log").write_text("one\n")
    looked = directory._revision

    def written_to_after(folder):
        seen = looked(folder)
        (root / "log").write_text("one\ntwo\n")
        return seen

    monkeypatch.setattr(directory, "_revision", written_to_after)
    fetched = fetch(str(tmp_path / "data"), app(SourceType.DIRECTORY, root))
    assert content(fetched.archive) == {"log": "one\ntwo\n"}
    assert fetched.revision == looked(root)
    assert [path.name for path in fetched.archive.parent.glob("*.tar.gz")] == [fetched.archive.name]


def test_a_file_with_two_names_and_what_is_no_file_are_taken_for_what_they_are(tmp_path):
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "page").write_text("same\n")
    os.link(folder / "page", folder / "second")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listening, contextlib.chdir(folder):
        listening.bind("socket")
    fetched = fetch(str(tmp_path / "data"), app(SourceType.DIRECTORY, folder))
    assert content(fetched.archive) == {"page": "same\n", "second": "same\n"}


def test_a_folder_that_cannot_be_read_is_not_left_out_of_the_code(tmp_path, monkeypatch):
    folder = tmp_path / "code"
    (folder / "closed").mkdir(parents=True)
    (folder / "page").write_text("x")
    look = os.scandir

    def scandir(path):
        if str(path).endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return look(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(StackwardError, match=r"cannot be read or kept .* Permission denied: '.*/code/closed'"):
        fetch(str(tmp_path / "data"), app(SourceType.DIRECTORY, folder))


def test_links_within_a_directory_come_along_and_none_that_leads_out_by_way_of_another(tmp_path):
    folder = tmp_path / "code"
    (folder / "deep" / "er").mkdir(parents=True)
    for name, target in (("deep/er/up", "../.."), ("round", "round"), ("gone", "nowhere"), ("in", "deep/er/up/gone")):
        (folder / name).symlink_to(target)
    with tarfile.open(fetch(str(tmp_path / "data"), app(SourceType.DIRECTORY, folder)).archive) as tar:
        assert [entry.name for entry in tar if entry.issym()] == ["deep/er/up", "gone", "in", "round"]
    (folder / "out").symlink_to("in/../deep/er/up/../secret")
    with pytest.raises(StackwardError, match=r"the link 'out' in it leads to '.*/secret', outside of the release"):
        fetch(str(tmp_path / "data"), app(SourceType.DIRECTORY, folder))


def test_a_directory_that_holds_no_code_is_refused(tmp_path):
    (tmp_path / "code" / ".git").mkdir(parents=True)
    with pytest.raises(StackwardError, match=r"/code cannot be deployed: it is empty\. Nothing was deployed"):
        fetch(str(tmp_path / "data"), app(SourceType.DIRECTORY, tmp_path / "code"))


def test_a_directory_that_changed_since_its_revision_is_refused(tmp_path):
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "page").write_text("x")
    with pytest.raises(StackwardError, match="has changed since; deploy the app again"):
        fetch(str(tmp_path / "data"), app(SourceType.DIRECTORY, folder), "0" * 64)


def test_a_directory_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(StackwardError, match="is not a directory"):
        fetch(str(tmp_path / "data"), app(SourceType.DIRECTORY, tmp_path / "gone"))
