# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files, blocks, folders, links and what must not be there."""

from __future__ import annotations

import errno
import os

import pytest
from ansible_collections.stackward.ops.plugins.module_utils.applying import files
from ansible_collections.stackward.ops.tests.unit.plugins.modules.resources import (
    absent,
    block,
    directory,
    file,
    link,
)


def test_a_file_gets_content_and_mode(host):
    host.ensure(file(host.path("a"), "täxt\n", mode="0640"))
    assert (host.folder / "a").read_bytes() == "täxt\n".encode()
    assert host.mode("a") == "0o640"


def test_only_the_mode_may_differ(host):
    (host.folder / "a").write_text("x")
    (host.folder / "a").chmod(0o600)
    assert host.ensure(file(host.path("a"), "x"))["results"][0]["message"] == "new owner or mode"
    assert host.mode("a") == "0o644"


def test_a_file_takes_the_place_of_a_link_and_leaves_its_target_alone(host):
    (host.folder / "target").write_text("mine")
    (host.folder / "a").symlink_to("target")
    host.ensure(file(host.path("a"), "new"))
    assert (host.folder / "target").read_text() == "mine"
    assert (host.folder / "a").read_text() == "new"
    assert not (host.folder / "a").is_symlink()


def test_a_file_that_is_not_valid_is_not_put_in_place(host):
    (host.folder / "a").write_text("good")
    result = host.ensure(file(host.path("a"), "bad", validate=["grep", "good", "%s"], notify=["restart:x"]))
    assert "not valid" in result["msg"]
    assert (host.folder / "a").read_text() == "good"
    assert sorted(os.listdir(host.folder)) == ["a", "programs", "state", "systemd"]
    assert not (host.state / "pending-notify.json").exists()


def test_a_file_that_is_mounted_by_itself_is_written_in_place(host, monkeypatch):
    (host.folder / "hosts").write_text("a long line that must go\n")
    inode = (host.folder / "hosts").stat().st_ino
    replace = os.replace

    def busy(source, target):
        if target.endswith("hosts"):
            raise OSError(errno.EBUSY, "Device or resource busy")
        replace(source, target)

    monkeypatch.setattr(files.os, "replace", busy)
    host.ensure(file(host.path("hosts"), "short\n"))
    assert (host.folder / "hosts").read_text() == "short\n"
    assert (host.folder / "hosts").stat().st_ino == inode


def test_a_missing_folder_is_an_error(host):
    assert "cannot be written" in host.ensure(file(host.path("no/where"), "x"))["msg"]


def test_a_block_leaves_all_other_lines_alone(host):
    hosts = host.folder / "hosts"
    hosts.write_text("127.0.0.1 localhost\n# BEGIN stackward peers\nold\n# END stackward peers\n::1 ip6\n")
    hosts.chmod(0o600)
    host.ensure(block(host.path("hosts"), "10.0.0.1 a\n", marker="peers"))
    assert hosts.read_text() == (
        "127.0.0.1 localhost\n# BEGIN stackward peers\n10.0.0.1 a\n# END stackward peers\n::1 ip6\n"
    )
    assert host.mode("hosts") == "0o600"


def test_a_block_follows_a_link_to_the_file(host):
    (host.folder / "real").write_text("first\n")
    (host.folder / "hosts").symlink_to("real")
    host.ensure(block(host.path("hosts"), "second\n"))
    assert (host.folder / "hosts").is_symlink()
    assert (host.folder / "real").read_text().startswith("first\n# BEGIN stackward x\nsecond\n")


@pytest.mark.parametrize(
    "text", ["", "a", "a\n", "a\n# BEGIN stackward x\nb\n# END stackward x\n# BEGIN stackward x\n# END stackward x"]
)
@pytest.mark.parametrize("content", ["", "line", "line\n", "back\\1slash\n"])
def test_a_block_is_there_exactly_once_and_stays_as_it_is(text, content):
    once = files.with_block(text, "x", content)
    assert "stackward x" not in files.with_block(once, "x", None)
    assert files.with_block(once, "x", content) == once
    assert once.count("# BEGIN stackward x\n") == 1
    assert content in once


def test_a_folder_is_made_with_its_parents(host):
    host.ensure(directory(host.path("a/b")))
    assert host.mode("a/b") == "0o750"
    assert host.mode("a") == "0o755"


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_is_in_the_way_of_a_folder_stays(host, kind):
    if kind == "file":
        (host.folder / "a").write_text("precious")
    else:
        (host.folder / "b").mkdir()
        (host.folder / "a").symlink_to("b")
    assert "in the way" in host.ensure(directory(host.path("a")))["msg"]


def test_a_link_is_switched(host):
    (host.folder / "current").symlink_to("r1")
    host.ensure(link(host.path("current"), "r2"))
    assert os.readlink(host.path("current")) == "r2"


def test_a_folder_does_not_become_a_link(host):
    (host.folder / "current").mkdir()
    assert "is a directory" in host.ensure(link(host.path("current"), "r2"))["msg"]


def test_a_folder_goes_with_what_is_in_it_and_links_are_not_followed(host):
    (host.folder / "keep").mkdir()
    (host.folder / "keep/file").write_text("x")
    (host.folder / "gone/deep").mkdir(parents=True)
    (host.folder / "gone/out").symlink_to(host.folder / "keep")
    host.ensure(absent(host.path("gone")))
    assert not (host.folder / "gone").exists()
    assert (host.folder / "keep/file").exists()


def test_a_volume_below_survives(host, monkeypatch):
    (host.folder / "app/shared/volume").mkdir(parents=True)
    (host.folder / "app/shared/volume/data").write_text("x")
    (host.folder / "app/code").write_text("x")
    monkeypatch.setattr(files, "_mounts_below", lambda _: {host.path("app/shared/volume")})
    assert "but for the volumes" in host.ensure(absent(host.path("app")))["results"][0]["message"]
    assert (host.folder / "app/shared/volume/data").exists()
    assert not (host.folder / "app/code").exists()
    assert not host.ensure(absent(host.path("app")))["changed"]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "//",
        "///",
        "/srv",
        "/srv/",
        "//srv",
        "//srv//",
        "/srv/.",
        "/srv/..",
        "/srv/x/..",
        "srv/x",
        "",
        ".",
        "/usr/lib",
        "/lib",
        "/var/lib",
        "/proc/1/x",
        "/dev/sda",
    ],
)
def test_what_is_near_the_root_may_never_be_removed(path):
    assert files.removable(path) is None


@pytest.mark.parametrize("path", ["/srv/x", "//srv//x/", "/srv/../srv/x", "/srv/./x"])
def test_a_path_has_one_true_form(path):
    assert files.removable(path) == "/srv/x"


def test_a_link_on_the_way_to_a_path_is_resolved_and_one_at_its_end_is_not(tmp_path):
    (tmp_path / "root").symlink_to("/")
    assert files.removable(str(tmp_path / "root" / "srv")) is None
    assert files.removable(str(tmp_path / "root")) == str(tmp_path / "root")
