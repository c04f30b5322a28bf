"""Code from an archive is the one that is meant, whole, and keeps within its release."""

from __future__ import annotations

import hashlib
import http.server
import io
import random
import ssl
import tarfile
import threading
import zipfile
from datetime import UTC, datetime
from types import MappingProxyType

import pytest

from stackward.definition.model import App, Source, SourceType
from stackward.engine import authority
from stackward.engine.sources import fetch
from stackward.errors import StackwardError
from tests.unit.engine.code.examples import content


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
        thread = threading.Thread(target=running.serve_forever, args=(0.05,))
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
        threading.Thread(target=leading.serve_forever, args=(0.05,), daemon=True).start()
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


def test_an_archive_with_another_checksum_or_that_is_not_there_is_refused(tmp_path, server):
    url, files, _ = server
    files["/site"] = tarball({"page": "one\n"})
    with pytest.raises(StackwardError, match=r"has the SHA-256 [0-9a-f]{64}, and the stack file says"):
        fetch(str(tmp_path / "data"), archive_app(f"{url}/site", b"another"))
    with pytest.raises(StackwardError, match=r"cannot be fetched from http://127\.0\.0\.1:\d+/gone: 404"):
        fetch(str(tmp_path / "data"), archive_app(f"{url}/gone"))
    with pytest.raises(StackwardError, match=r"cannot be fetched from http://127\.0\.0\.1:1/site: .*refused"):
        fetch(str(tmp_path / "data"), archive_app("http://127.0.0.1:1/site"))
