# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Mounting a disk, on a host whose programs only remember: what is on a disk is never overwritten."""

from __future__ import annotations

import json
import sys

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.stackward.ops.plugins.modules import disk

_PROGRAM = """#!{python}
import json, pathlib, sys

path = pathlib.Path({state!r})
state = json.loads(path.read_text())
name, words = {name!r}, sys.argv[1:]
state["calls"].append([name, *words])
code = 0
if name == "lsblk":
    print(json.dumps({{"blockdevices": [{{"name": state["device"], "serial": state["serial"]}}]}}))
elif name == "blkid":
    code = {{"empty": 2, "strange": 8}}.get(state["holds"], 0)
    if not code:
        print(state["type"] if "TYPE" in words else state["holds"])
elif name == "blockdev":
    print(state["size"])
elif name == "dumpe2fs":
    print("Block count:   %d" % state["blocks"])
    print("Block size:    4096")
elif name == "resize2fs":
    state["blocks"] = state["size"] // 4096
elif name == "xfs_growfs":
    larger = state["blocks"] < state["size"] // 4096
    print("data blocks changed from 10 to 20" if larger else "data size unchanged, skipping")
    state["blocks"] = state["size"] // 4096
elif name.startswith("mkfs."):
    state["holds"] = "made-here"
elif name == "findmnt":
    code = 0 if state["mounted"] else 1
    print(state["mounted"] or "")
elif name == "mount":
    state["mounted"] = words[0]
path.write_text(json.dumps(state))
sys.exit(code)
"""


_GROWING = ("blockdev", "dumpe2fs", "resize2fs", "xfs_growfs")


class Host:
    """What the programs know, and the module run with them."""

    def __init__(self, folder, monkeypatch, capsys):
        self.folder, self.capsys = folder, capsys
        self.device = folder / "nvme1n1"
        self.device.touch()
        self.table = folder / "fstab"
        self.table.write_text("# mounts\nUUID=root / ext4 defaults 0 1\n")
        self.mount = folder / "data"
        self.state = folder / "state.json"
        self.knows(device=str(self.device), serial="vol0123", holds="empty", type="ext4", mounted="", calls=[])
        self.knows(size=10_000 * 4096 + 2**20, blocks=10_000)
        programs = folder / "programs"
        programs.mkdir()
        for name in ("lsblk", "blkid", "mkfs.ext4", "mkfs.xfs", "findmnt", "mount", *_GROWING):
            program = programs / name
            program.write_text(_PROGRAM.format(python=sys.executable, state=str(self.state), name=name))
            program.chmod(0o755)
        monkeypatch.setenv("PATH", str(programs), prepend=":")
        monkeypatch.setattr(disk, "TABLE", str(self.table))

    def knows(self, **facts):
        before = json.loads(self.state.read_text()) if self.state.exists() else {}
        self.state.write_text(json.dumps({**before, **facts}))

    def called(self):
        return [call[0] for call in json.loads(self.state.read_text())["calls"]]

    def run(self, **changes):
        given = {"volume": "vol-0123", "device": "/dev/sdf", "mount": str(self.mount), "timeout": 0}
        with patch_module_args({**given, **changes}), pytest.raises(SystemExit):
            disk.main()
        return json.loads(self.capsys.readouterr().out.strip().splitlines()[-1])


@pytest.fixture
def host(tmp_path, monkeypatch, capsys):
    return Host(tmp_path, monkeypatch, capsys)


def test_an_empty_disk_gets_a_file_system_and_is_mounted_for_good(host):
    result = host.run()
    assert (result["changed"], result["made"]) == (True, True)
    assert host.mount.is_dir()
    assert f"UUID=made-here {host.mount} auto defaults,nofail 0 2" in host.table.read_text()
    assert "UUID=root / ext4 defaults 0 1" in host.table.read_text()
    again = host.run()
    assert (again["changed"], again["made"]) == (False, False)


def test_a_disk_that_cannot_be_read_is_not_taken_for_an_empty_one(host):
    host.device.unlink()
    host.device.mkdir()
    result = host.run()
    assert result["failed"]
    assert "cannot be read" in result["msg"]
    assert not [name for name in host.called() if name.startswith("mkfs")]


def test_what_is_on_a_disk_stays(host):
    host.knows(holds="from-before")
    result = host.run()
    assert (result["changed"], result["made"]) == (True, False)
    assert not [name for name in host.called() if name.startswith("mkfs")]
    assert "UUID=from-before" in host.table.read_text()


@pytest.mark.parametrize(("kind", "program"), [("ext4", "resize2fs"), ("xfs", "xfs_growfs")])
def test_a_disk_that_has_grown_has_its_file_system_grown_once_and_mounted_before(host, kind, program):
    host.knows(holds="from-before", type=kind)
    host.run()
    host.knows(size=40_000 * 4096, calls=[])
    assert host.run(_ansible_check_mode=True)["changed"] is (kind == "ext4")
    assert program not in host.called()
    assert host.run()["changed"]
    assert program in host.called()
    assert host.run()["changed"] is False


def test_a_file_system_of_another_kind_is_not_grown(host):
    host.knows(holds="from-before", type="btrfs", size=40_000 * 4096)
    host.run()
    assert host.run()["changed"] is False


def test_something_that_is_no_file_system_is_left_alone(host):
    host.knows(holds="strange")
    result = host.run()
    assert result["failed"]
    assert "left as it is" in result["msg"]
    assert "mount" not in host.called()


def test_another_disk_at_its_place_is_an_error(host):
    host.knows(holds="from-before", mounted="/dev/other")
    assert "/dev/other is mounted at" in host.run()["msg"]


def test_a_disk_that_does_not_appear_is_an_error(host):
    host.knows(serial="vol9")
    assert "did not appear within 0 s" in host.run()["msg"]


def test_check_mode_changes_nothing(host):
    result = host.run(_ansible_check_mode=True)
    assert result["changed"]
    assert not host.mount.exists()
    assert "made-here" not in host.table.read_text()


def test_a_folder_has_one_line_in_the_table():
    text = "UUID=old /data ext4 defaults 0 2\n# UUID=x /data\nUUID=root / ext4 defaults 0 1\n"
    after = disk.table_with(text, "new", "/data")
    assert after == "# UUID=x /data\nUUID=root / ext4 defaults 0 1\nUUID=new /data auto defaults,nofail 0 2\n"
