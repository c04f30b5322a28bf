# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Releases: shipped only when missing, unpacked whole or not at all."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import tarfile

import pytest
from ansible_collections.stackward.ops.plugins.module_utils.applying import releases as module
from ansible_collections.stackward.ops.plugins.module_utils.applying import unchanged as unchanged_files
from ansible_collections.stackward.ops.tests.unit.plugins.modules.resources import file, release, releases


@pytest.fixture(autouse=True)
def _whoever(monkeypatch):
    monkeypatch.setattr(module, "account", lambda *_: os.getuid())
    monkeypatch.setattr(module, "group", lambda *_: os.getgid())


def archive(path, *members):
    """A tar archive of (name, type, mode, content or target)."""
    with tarfile.open(path, "w:gz") as tar:
        for name, kind, mode, content in members:
            member = tarfile.TarInfo(name)
            member.type, member.mode = kind, mode
            data = b""
            if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
                member.linkname = content
            elif kind == tarfile.REGTYPE:
                data = content.encode()
                member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return str(path)


REGULAR = tarfile.REGTYPE


def test_a_missing_release_is_asked_for_before_anything_changes(host):
    wanted = [file(host.path("a"), "x"), release(host.path("releases/r1"), "/controller/r1.tar.gz")]
    result = host.ensure(*wanted)
    assert result["missing"] == [
        {"name": "a release", "path": host.path("releases/r1"), "archive": "/controller/r1.tar.gz"}
    ]
    assert not result["changed"]
    assert not (host.folder / "a").exists()


def test_an_uploaded_release_is_unpacked_once(host):
    (host.folder / "releases").mkdir()
    packed = archive(
        host.folder / "r1.tar.gz",
        ("./", tarfile.DIRTYPE, 0o777, ""),
        ("./app.py", REGULAR, 0o666, "code"),
        ("./bin/run", REGULAR, 0o755, "#!/bin/sh"),
        ("./latest", tarfile.SYMTYPE, 0o777, "bin/run"),
        ("./copy.py", tarfile.LNKTYPE, 0o644, "./app.py"),
    )
    wanted = release(host.path("releases/r1"), "/controller/r1.tar.gz")
    result = host.ensure(wanted, uploads={"/controller/r1.tar.gz": packed})
    assert result["results"][0]["message"] == "unpacked"
    assert (host.folder / "releases/r1/copy.py").read_text() == "code"
    assert os.readlink(host.path("releases/r1/latest")) == "bin/run"
    assert [host.mode(f"releases/r1/{name}") for name in ("app.py", "bin/run", "bin")] == ["0o640", "0o750", "0o750"]
    again = host.ensure(wanted)
    assert not again["changed"]
    assert again["missing"] == []


def test_a_release_that_comes_with_the_call_is_unpacked_and_not_given_back(host):
    (host.folder / "releases").mkdir()
    packed = archive(host.folder / "r1.tar.gz", ("./app.py", REGULAR, 0o644, "code"))
    with open(packed, "rb") as file:
        text = base64.b64encode(file.read()).decode()
    wanted = release(host.path("releases/r1"), "/controller/r1.tar.gz")
    result = host.ensure(wanted, shipped={"/controller/r1.tar.gz": text})
    assert (host.folder / "releases/r1/app.py").read_text() == "code"
    assert result["missing"] == []
    assert text not in str(result)


@pytest.mark.parametrize(
    "members",
    [
        [("../evil", REGULAR, 0o644, "x")],
        [("{folder}/evil", REGULAR, 0o644, "x")],
        [("a/../../evil", REGULAR, 0o644, "x")],
        [("out", tarfile.SYMTYPE, 0o777, "..")],
        [("out", tarfile.SYMTYPE, 0o777, "{folder}")],
        [("in", tarfile.SYMTYPE, 0o777, "there"), ("there", tarfile.SYMTYPE, 0o777, "../..")],
        [
            ("up", tarfile.SYMTYPE, 0o777, "here/.."),
            ("here", tarfile.SYMTYPE, 0o777, "."),
            ("up/evil", REGULAR, 0o644, "x"),
        ],
        [("folder/a", REGULAR, 0o644, "x"), ("folder", tarfile.SYMTYPE, 0o777, "elsewhere")],
        [("hard", tarfile.LNKTYPE, 0o644, "{folder}/status")],
        [("hard", tarfile.LNKTYPE, 0o644, "../r0/secret")],
        [("pipe", tarfile.FIFOTYPE, 0o644, "")],
        [("device", tarfile.CHRTYPE, 0o644, "")],
        [("file", REGULAR, 0o644, "x"), ("file", REGULAR, 0o644, "y")],
    ],
    ids=lambda members: members[-1][0] + ">" + members[-1][3],
)
def test_an_archive_that_reaches_out_leaves_nothing_behind(host, members):
    (host.folder / "releases").mkdir()
    placed = [
        tuple(str(part).format(folder=host.folder) if isinstance(part, str) else part for part in member)
        for member in members
    ]
    packed = archive(host.folder / "r1.tar.gz", ("app.py", REGULAR, 0o644, "code"), *placed)
    result = host.ensure(release(host.path("releases/r1"), "/c"), uploads={"/c": packed})
    assert result["failed"]
    assert os.listdir(host.path("releases")) == []
    assert not (host.folder / "evil").exists()


def test_files_behind_a_link_come_to_the_folder_that_it_leads_to(host):
    (host.folder / "releases").mkdir()
    packed = archive(
        host.folder / "r1.tar.gz",
        ("folder", tarfile.DIRTYPE, 0o777, ""),
        ("link", tarfile.SYMTYPE, 0o777, "folder"),
        ("link/a", REGULAR, 0o644, "a"),
        ("link/below/b", REGULAR, 0o644, "b"),
        ("folder/c", REGULAR, 0o644, "c"),
    )
    assert host.ensure(release(host.path("releases/r1"), "/c"), uploads={"/c": packed})["changed"]
    assert os.readlink(host.path("releases/r1/link")) == "folder"
    assert sorted(os.listdir(host.path("releases/r1/folder"))) == ["a", "below", "c"]
    assert [host.mode(f"releases/r1/folder{name}") for name in ("", "/below", "/below/b")] == [
        "0o750",
        "0o750",
        "0o640",
    ]


def test_a_cut_archive_leaves_nothing_behind(host):
    (host.folder / "releases").mkdir()
    packed = archive(host.folder / "r1.tar.gz", ("app.py", REGULAR, 0o644, os.urandom(40000).hex()))
    with open(packed, "r+b") as cut:
        cut.truncate(20000)
    assert host.ensure(release(host.path("releases/r1"), "/c"), uploads={"/c": packed})["failed"]
    assert os.listdir(host.path("releases")) == []


def test_what_a_killed_run_left_does_not_disturb(host):
    (host.folder / "releases/.r1.unpacking/half").mkdir(parents=True)
    packed = archive(host.folder / "r1.tar.gz", ("app.py", REGULAR, 0o644, "code"))
    host.ensure(release(host.path("releases/r1"), "/c"), uploads={"/c": packed})
    assert os.listdir(host.path("releases/r1")) == ["app.py"]


def test_check_mode_needs_no_archive(host):
    result = host.ensure(release(host.path("releases/r1"), "/c"), _ansible_check_mode=True)
    assert result["missing"] == []
    assert result["results"][0]["message"] == "would unpack"


def aged(host, *names):
    for age, name in enumerate(names):
        folder = host.folder / "releases" / name
        folder.mkdir(parents=True)
        os.utime(folder, (1000 + age, 1000 + age))


def test_the_newest_releases_and_the_live_one_stay(host):
    aged(host, "r9", "r2", "r3", "r4", "r5")
    (host.folder / "current").symlink_to("releases/r9")
    result = host.ensure(releases(host.path("releases"), 2, host.path("current")))
    assert sorted(os.listdir(host.path("releases"))) == ["r4", "r5", "r9"]
    assert result["results"][0]["message"] == "removed r3, r2"
    assert not host.ensure(releases(host.path("releases"), 2, host.path("current")))["changed"]


MADE = 1_700_000_000


def times(root):
    """When each file, folder and link below root was changed last, in nanoseconds."""
    below = (os.path.join(folder, name) for folder, folders, files in os.walk(root) for name in folders + files)
    return {os.path.relpath(path, root): os.lstat(path).st_mtime_ns for path in below}


def test_all_hosts_date_what_is_in_a_release_alike(host):
    (host.folder / "releases").mkdir()
    packed = archive(
        host.folder / "r1.tar.gz",
        ("./bin/run", REGULAR, 0o755, "#!/bin/sh"),
        ("./latest", tarfile.SYMTYPE, 0o777, "bin/run"),
        ("./away", tarfile.SYMTYPE, 0o777, "not-there"),
        ("./copy", tarfile.LNKTYPE, 0o755, "./bin/run"),
        ("./empty", tarfile.DIRTYPE, 0o755, ""),
    )
    wanted = release(host.path("releases/r1"), "/c", made_at=MADE)
    assert host.ensure(wanted, uploads={"/c": packed})["changed"]
    found = times(host.folder / "releases/r1")
    assert set(found) == {"bin", "bin/run", "latest", "away", "copy", "empty"}
    assert set(found.values()) == {MADE * 10**9}


def test_releases_are_still_kept_in_the_order_in_which_they_came(host):
    aged(host, "r8", "r9")
    packed = archive(host.folder / "r1.tar.gz", ("app.py", REGULAR, 0o644, "code"))
    made_long_ago = release(host.path("releases/r1"), "/c", made_at=1)
    host.ensure(made_long_ago, releases(host.path("releases"), 2), uploads={"/c": packed})
    assert sorted(os.listdir(host.path("releases"))) == ["r1", "r9"]


def unchanged(content):
    """What an archive says of a file that it leaves out."""
    return f"{len(content)} {hashlib.sha256(content.encode()).hexdigest()}"


@pytest.fixture
def differing(host):
    """A release on the host, and an archive of the next one: one file of it is new, two are as they were."""
    base = host.folder / "releases/r1"
    (base / "bin").mkdir(parents=True)
    (base / "app.py").write_text("code")
    (base / "bin/run").write_text("#!/bin/sh")
    packed = host.folder / "r2-since-r1.tar.gz"
    with tarfile.open(packed, "w:gz", format=tarfile.PAX_FORMAT) as tar:
        for name, mode, left_out, data in (
            ("app.py", 0o644, "code", ""),
            ("bin/run", 0o755, "#!/bin/sh", ""),
            ("new.py", 0o644, None, "more"),
        ):
            member = tarfile.TarInfo(name)
            member.mode, member.size = mode, len(data)
            if left_out is not None:
                member.pax_headers = {"STACKWARD.unchanged": unchanged(left_out)}
            tar.addfile(member, io.BytesIO(data.encode()))
    return {"bases": {"/c": str(base)}, "uploads": {"/c": str(packed)}}


def test_what_was_left_out_is_taken_from_the_release_before(host, differing):
    result = host.ensure(release(host.path("releases/r2"), "/c"), **differing)
    assert result["changed"], result
    assert [(host.folder / "releases/r2" / name).read_text() for name in ("app.py", "bin/run", "new.py")] == [
        *("code", "#!/bin/sh", "more")
    ]
    assert [host.mode(f"releases/r2/{name}") for name in ("app.py", "bin/run")] == ["0o640", "0o750"]
    (host.folder / "releases/r2/app.py").write_text("other")
    assert (host.folder / "releases/r1/app.py").read_text() == "code"


def test_what_was_left_out_is_dated_as_all_of_the_release(host, differing):
    assert host.ensure(release(host.path("releases/r2"), "/c", made_at=MADE), **differing)["changed"]
    assert set(times(host.folder / "releases/r2").values()) == {MADE * 10**9}


def test_what_was_left_out_may_come_with_the_call(host, differing):
    with open(differing.pop("uploads")["/c"], "rb") as file:
        shipped = {"/c": base64.b64encode(file.read()).decode()}
    assert host.ensure(release(host.path("releases/r2"), "/c"), shipped=shipped, **differing)["changed"]
    assert (host.folder / "releases/r2/app.py").read_text() == "code"


def _edited(path):
    path.write_text("CODE")


def _longer(path):
    path.write_text("code and more")


def _gone(path):
    path.unlink()


def _linked_elsewhere(path):
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def _blocking(path):
    path.unlink()
    os.mkfifo(path)


def _without_its_folder(path):
    shutil.rmtree(path.parent)


@pytest.mark.parametrize("harm", [_edited, _longer, _gone, _linked_elsewhere, _blocking, _without_its_folder])
def test_a_release_is_asked_for_as_a_whole_where_the_one_before_is_not_what_it_was(host, differing, harm):
    harm(host.folder / "releases/r1/app.py")
    result = host.ensure(release(host.path("releases/r2"), "/c"), **differing)
    assert [entry["archive"] for entry in result["missing"]] == ["/c"]
    assert not result["changed"]
    assert not (host.folder / "releases/r2").exists()


def test_a_release_is_asked_for_as_a_whole_where_what_differs_did_not_arrive_whole(host, differing):
    path = differing["uploads"]["/c"]
    with open(path, "r+b") as file:
        file.truncate(60)
    assert host.ensure(release(host.path("releases/r2"), "/c"), **differing)["missing"]


def test_a_file_that_changes_while_it_is_copied_fails_the_release(host, differing, monkeypatch):
    monkeypatch.setattr(unchanged_files, "has", lambda *_: True)
    (host.folder / "releases/r1/app.py").write_text("CODE")
    result = host.ensure(release(host.path("releases/r2"), "/c"), **differing)
    assert "app.py changed while it was copied" in result["msg"]
    assert not (host.folder / "releases/r2").exists()


def test_an_archive_that_is_sent_as_a_whole_cannot_leave_anything_out(host, differing):
    assert host.ensure(release(host.path("releases/r2"), "/c"), uploads=differing["uploads"])["changed"]
    assert (host.folder / "releases/r2/app.py").read_text() == ""
