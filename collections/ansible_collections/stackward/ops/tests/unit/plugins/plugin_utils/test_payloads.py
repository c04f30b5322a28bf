# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Ansible has built of a module is used again while nothing of it has changed, and never when it is not whole."""

from __future__ import annotations

import os

import pytest
from ansible import constants
from ansible_collections.stackward.ops.plugins.plugin_utils import payloads


@pytest.fixture(autouse=True)
def process(tmp_path, monkeypatch):
    """A process of Ansible with a folder of its own, and one after it, which has another."""
    monkeypatch.setattr(constants, "ANSIBLE_HOME", str(tmp_path / "home"), raising=False)
    monkeypatch.setattr(payloads, "_names", {})

    def start(name):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(folder), raising=False)
        return folder

    start("first")
    return start


@pytest.fixture
def plugins(tmp_path, monkeypatch):
    """A small collection in place of this one."""
    folder = tmp_path / "plugins"
    for path in ("modules/ensure.py", "module_utils/files.py"):
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text("pass\n")
    monkeypatch.setattr(payloads, "_PLUGINS", folder)
    return folder


def built(content=b"payload"):
    """Do as Ansible does when it has built the module."""
    place = payloads._place("ensure")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return place


def kept(tmp_path):
    return sorted((tmp_path / "home" / "stackward" / "payloads").iterdir())


def test_a_later_process_finds_what_an_earlier_one_has_built(process):
    payloads.lay_out("ensure")
    assert not payloads._place("ensure").exists()
    built()
    payloads.keep("ensure")
    process("second")
    payloads.lay_out("ensure")
    assert payloads._place("ensure").read_bytes() == b"payload"


@pytest.mark.parametrize("changed", ["modules/ensure.py", "module_utils/files.py", "module_utils/more.py"])
def test_after_a_change_of_the_code_it_is_built_anew(process, plugins, changed):
    payloads.lay_out("ensure")
    built()
    payloads.keep("ensure")
    (plugins / changed).write_text("print()\n")
    process("second")
    payloads.lay_out("ensure")
    assert not payloads._place("ensure").exists()


@pytest.mark.parametrize("spoilt", [b"", b"short", b"x" * 39])
def test_one_that_is_not_whole_is_not_used(tmp_path, process, spoilt):
    payloads.lay_out("ensure")
    built()
    payloads.keep("ensure")
    kept(tmp_path)[0].write_bytes(spoilt)
    process("second")
    payloads.lay_out("ensure")
    assert not payloads._place("ensure").exists()


def test_those_of_older_versions_go(tmp_path, process, plugins):
    for number in range(payloads.KEPT + 3):
        (plugins / "modules" / "ensure.py").write_text(f"{number}\n")
        process(str(number))
        payloads.lay_out("ensure")
        built(str(number).encode())
        payloads.keep("ensure")
        os.utime(max(kept(tmp_path), key=lambda path: path.stat().st_mtime), (number, number))
    assert len(kept(tmp_path)) == payloads.KEPT
    process("last")
    payloads.lay_out("ensure")
    assert payloads._place("ensure").exists()


def test_without_a_folder_of_ours_alone_nothing_is_kept(tmp_path):
    (tmp_path / "home").write_text("a file where the folder belongs")
    payloads.lay_out("ensure")
    built()
    payloads.keep("ensure")
    assert (tmp_path / "home").is_file()
