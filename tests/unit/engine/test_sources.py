"""Code is fetched once, at an exact revision, or nothing is deployed and the reason is said."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import http.server
import io
import os
import random
import shutil
import socket
import ssl
import subprocess
import sys
import tarfile
import threading
import tracemalloc
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

import pytest

from stackward.definition.location import without_credentials
from stackward.definition.model import App, Source, SourceType
from stackward.engine import authority
from stackward.engine.code import directory
from stackward.engine.sources import fetch
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


def test_what_cannot_be_kept_on_this_machine_is_said(tmp_path, repository):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sources").write_text("in the way")
    with pytest.raises(StackwardError, match=r"App site: .*/data/sources.*Nothing was deployed\."):
        fetch(str(tmp_path / "data"), app(SourceType.GIT, repository))


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


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("https://user:word@example.com/a.git", "https://example.com/a.git"),
        ("https://example.com/a.git", "https://example.com/a.git"),
        ("https://example.com/a.tar.gz?private_token=word", "https://example.com/a.tar.gz"),
        ("git@example.com:a.git", "git@example.com:a.git"),
        ("/srv/a.git", "/srv/a.git"),
    ],
)
def test_a_location_is_shown_without_credentials(given, shown):
    assert without_credentials(given) == shown


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


def tarball(members: dict[str, str], links: dict[str, str] = MappingProxyType({}), mode: str = "w:gz") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:
        for name, text in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
        for name, target in links.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
    return buffer.getvalue()


def zipped(members: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return buffer.getvalue()


@pytest.fixture
def server():
    """A web server that answers with what is in its dictionary, and counts."""
    files: dict[str, bytes] = {}
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            found = files.get(self.path)
            self.send_response(200 if found is not None else 404)
            if self.path == "/cut":
                self.send_header("Content-Length", str(2 * len(found)))
            self.end_headers()
            self.wfile.write(found or b"")

        def log_message(self, *_: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", files, asked
        running.shutdown()
        thread.join()


def archive_app(url: str, content: bytes | None = None, **changes: str) -> App:
    checksum = hashlib.sha256(content).hexdigest() if content is not None else None
    return App("site", ("web",), Source(SourceType.ARCHIVE, url, checksum=checksum, **changes))


@pytest.mark.parametrize("make", [tarball, zipped])
def test_an_archive_is_fetched_once_and_its_revision_is_its_checksum(tmp_path, server, make):
    url, files, asked = server
    files["/site"] = make({"page": "one\n", "deep/er": "two\n"})
    wanted = archive_app(f"{url}/site", files["/site"])
    for _ in range(2):
        fetched = fetch(str(tmp_path / "data"), wanted)
    assert fetched.revision == hashlib.sha256(files["/site"]).hexdigest()
    assert content(fetched.archive) == {"page": "one\n", "deep/er": "two\n"}
    assert asked == ["/site"]


def test_the_code_may_be_in_a_folder_of_the_archive(tmp_path, server):
    url, files, _ = server
    files["/site"] = tarball({"site-1.0/page": "one\n", "README": "no\n"}, {"site-1.0/link": "page"})
    fetched = fetch(str(tmp_path / "data"), archive_app(f"{url}/site", files["/site"], folder="site-1.0"))
    assert content(fetched.archive) == {"page": "one\n"}
    whole = fetch(str(tmp_path / "data"), archive_app(f"{url}/site", files["/site"]))
    assert whole.revision != fetched.revision
    assert "README" in content(whole.archive)
    with pytest.raises(StackwardError, match=r"it has no folder 'site-2\.0'"):
        fetch(str(tmp_path / "other"), archive_app(f"{url}/site", files["/site"], folder="site-2.0"))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (tarball({"../out": "x"}), r"'\.\./out' in it would be written outside of the release"),
        (tarball({"/etc/passwd": "x"}), "'/etc/passwd' in it would be written outside of the release"),
        (tarball({}, {"a/link": "../../etc"}), "the link 'a/link' in it leads to"),
        (tarball({}, {"link": "/etc"}), "the link 'link' in it leads to '/etc'"),
        (
            tarball({"x/y/page": "x"}, {"x/y/up": "../..", "out": "x/y/up/../etc"}),
            "the link 'out' in it leads to 'x/y/up/",
        ),
        (zipped({"a/../../out": "x"}), "would be written outside of the release"),
        (b"no archive", "it is neither a whole tar nor a whole zip"),
        (tarball({"page": "x" * 100_000})[:60], "it is neither a whole tar nor a whole zip"),
        (tarball({}), "it is empty"),
        (tarball({"page": "x", "./page": "y"}), "it holds 'page' more than once"),
        (tarball({"deep/page": "x"}, {"deep": "page"}), "it holds 'deep' more than once"),
        (zipped({"page": "x", "page/deep": "y"}), "'page/deep' in it is below 'page', which is no folder"),
    ],
    ids=range(12),
)
def test_an_archive_that_would_reach_outside_or_is_none_is_refused(tmp_path, server, made, said):
    url, files, _ = server
    files["/site"] = made
    with pytest.raises(StackwardError, match=said):
        fetch(str(tmp_path / "data"), archive_app(f"{url}/site", made))
    assert not list((tmp_path / "data" / "sources" / "site").glob("*.tar.gz"))


def sparse() -> bytes:
    """A tar as "tar --sparse" writes it: of a file of 4096 bytes the first block alone is in it."""
    entry = tarfile.TarInfo("page")
    entry.type, entry.size = tarfile.GNUTYPE_SPARSE, 512
    header = bytearray(entry.tobuf(tarfile.GNU_FORMAT))
    header[386:410], header[410:434] = b"%011o\0%011o\0" % (0, 512), b"%011o\0%011o\0" % (4096, 0)
    header[483:495] = b"%011o\0" % 4096
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + b"x" * 512 + bytes(1024)


def test_a_file_with_holes_is_whole(tmp_path, server):
    url, files, _ = server
    files["/site"] = sparse()
    fetched = fetch(str(tmp_path / "data"), archive_app(f"{url}/site", files["/site"]))
    assert content(fetched.archive) == {"page": "x" * 512 + "\0" * 3584}


@pytest.mark.parametrize(("names", "folder"), [("./{}", ""), ("site-1/{}", "site-1"), ("{}", "")])
def test_a_second_name_of_a_file_in_an_archive_is_a_file(tmp_path, server, names, folder):
    url, files, _ = server
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        first, second = tarfile.TarInfo(names.format("page")), tarfile.TarInfo(names.format("second"))
        first.size = 1
        second.type, second.linkname = tarfile.LNKTYPE, first.name
        tar.addfile(first, io.BytesIO(b"x"))
        tar.addfile(second)
    files["/site"] = buffer.getvalue()
    fetched = fetch(str(tmp_path / "data"), archive_app(f"{url}/site", files["/site"], folder=folder))
    assert content(fetched.archive) == {"page": "x", "second": "x"}


def test_an_archive_that_ends_before_its_announced_length_is_refused(tmp_path, server):
    url, files, _ = server
    files["/cut"] = tarball({"page": "x", "second": "y"}, mode="w:")[:1024]
    with pytest.raises(StackwardError, match=r"cannot be fetched from .*/cut: it ended 1024 bytes too early\. Nothing"):
        fetch(str(tmp_path / "data"), archive_app(f"{url}/cut"))


def test_an_archive_over_https_is_not_fetched_without_it_unless_its_checksum_is_known(tmp_path, server, monkeypatch):
    url, files, asked = server
    files["/site"] = tarball({"page": "x"})
    authority.certificate(tmp_path / "tls" / "ca.pem")
    chain, key = authority.server(tmp_path / "tls" / "ca.pem", ("localhost",), datetime.now(UTC))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "tls" / "ca.pem"))

    class Leading(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", f"{url}/site")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, key)
    with http.server.HTTPServer(("127.0.0.1", 0), Leading) as leading:
        leading.socket = context.wrap_socket(leading.socket, server_side=True)
        threading.Thread(target=leading.serve_forever, daemon=True).start()
        safe = f"https://localhost:{leading.server_port}/site"
        with pytest.raises(StackwardError, match=r"it leads to http://127\.0\.0\.1:\d+/site, where anybody on the way"):
            fetch(str(tmp_path / "data"), archive_app(safe))
        assert not asked
        assert fetch(str(tmp_path / "data"), archive_app(safe, files["/site"]))
        leading.shutdown()


NOISE = "".join(map(chr, random.Random(1).choices(range(32, 127), k=20_000)))


@pytest.mark.parametrize(
    "whole",
    [tarball({"page": NOISE}, mode=mode) for mode in ("w:gz", "w:bz2", "w:xz")] + [zipped({"page": NOISE})],
    ids=["gz", "bz2", "xz", "zip"],
)
@pytest.mark.parametrize("harm", ["cut", "changed"])
def test_an_archive_that_is_cut_off_or_was_changed_on_its_way_is_refused(tmp_path, server, whole, harm):
    url, files, _ = server
    middle = len(whole) // 2
    files["/site"] = whole[:middle] + (b"" if harm == "cut" else bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    with pytest.raises(StackwardError, match=r"cannot be deployed: it is neither a whole tar nor a whole zip.*Nothing"):
        fetch(str(tmp_path / "data"), archive_app(f"{url}/site", files["/site"]))
    assert not list((tmp_path / "data" / "sources" / "site").glob("*.tar.gz"))


def test_no_revision_leads_to_the_code_of_another_app(tmp_path, repository):
    data = str(tmp_path / "data")
    other = fetch(data, replace(app(SourceType.GIT, repository), name="other"))
    with pytest.raises(StackwardError, match="has no revision"):
        fetch(data, app(SourceType.GIT, repository), f"../other/{other.revision}")


def test_an_archive_with_another_checksum_or_that_is_not_there_is_refused(tmp_path, server):
    url, files, _ = server
    files["/site"] = tarball({"page": "one\n"})
    with pytest.raises(StackwardError, match=r"has the SHA-256 [0-9a-f]{64}, and the stack file says"):
        fetch(str(tmp_path / "data"), archive_app(f"{url}/site", b"another"))
    with pytest.raises(StackwardError, match=r"cannot be fetched from http://127\.0\.0\.1:\d+/gone: 404"):
        fetch(str(tmp_path / "data"), archive_app(f"{url}/gone"))
    with pytest.raises(StackwardError, match=r"cannot be fetched from http://127\.0\.0\.1:1/site: .*refused"):
        fetch(str(tmp_path / "data"), archive_app("http://127.0.0.1:1/site"))


def test_s3_says_what_is_missing_where_boto3_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "botocore.exceptions", None)
    bucket = App("site", ("web",), Source(SourceType.S3, "site.tar.gz", bucket="releases"))
    with pytest.raises(StackwardError, match=r"there is no boto3 here: pip install 'stackward\[s3\]'"):
        fetch(str(tmp_path / "data"), bucket)
