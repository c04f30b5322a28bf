# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Arrays of disks, on a host whose mdadm only remembers: made once, put together again, never over what is there."""

from __future__ import annotations

import json
import os
import sys

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.stackward.ops.plugins.modules import array

_PROGRAM = """#!{python}
import json, pathlib, sys

path = pathlib.Path({state!r})
state = json.loads(path.read_text())
name, words = {name!r}, sys.argv[1:]
code = 0
if name == "lsblk":
    disks = [{{"name": device, "serial": pathlib.Path(device).name}} for device in state["holds"]]
    print(json.dumps({{"blockdevices": disks}}))
elif name == "blkid":
    code = 2 if state["holds"][words[-1]] == "" else 0
elif words[0] == "--examine":
    holds = state["holds"][words[-1]]
    code = 0 if holds.startswith("array") else 1
    print("MD_LEVEL=raid1\\nMD_UUID=" + holds if not code else "")
elif words[:2] == ["--detail", "--scan"]:
    for at, its in state["arrays"].items():
        print("%s %s metadata=1.2 name=any:data UUID=%s" % (its.get("state", "ARRAY"), at, its["uuid"]))
elif words[0] == "--run":
    state["arrays"][words[1]]["state"] = "ARRAY"
elif words[0] == "--detail":
    its = state["arrays"].get(str(pathlib.Path(words[-1]).resolve()))
    code = 0 if its else 1
    print("\\n".join("MD_DEVICE_%d_DEV=%s" % item for item in enumerate(its["disks"])) if its else "")
elif words[0] == "--create":
    disks = [word for word in words if word in state["holds"]]
    state["holds"].update(dict.fromkeys(disks, "array-new"))
    state["arrays"][words[1]] = {{"uuid": "array-new", "disks": disks}}
    pathlib.Path(words[1]).touch()
elif words[0] == "--assemble":
    disks = [word for word in words if word in state["holds"]]
    state["arrays"][words[2]] = {{"uuid": state["holds"][disks[0]], "disks": disks}}
    pathlib.Path(words[2]).touch()
elif words[0] == "--manage":
    state["arrays"][words[1]]["disks"].append(words[-1])
    state["holds"][words[-1]] = state["arrays"][words[1]]["uuid"]
if name == "mdadm" and words[0] not in ("--examine", "--detail"):
    state["calls"].append(words)
path.write_text(json.dumps(state))
sys.exit(code)
"""


class Host:
    """What the programs know, and the module run with them."""

    def __init__(self, folder, monkeypatch, capsys):
        self.capsys = capsys
        self.disks = [str(folder / name) for name in ("vol1", "vol2")]
        self.state = folder / "state.json"
        self.folder = folder / "md"
        self.folder.mkdir()
        self.array = str(self.folder / "data")
        programs = folder / "programs"
        programs.mkdir()
        for name in ("lsblk", "blkid", "mdadm"):
            program = programs / name
            program.write_text(_PROGRAM.format(python=sys.executable, state=str(self.state), name=name))
            program.chmod(0o755)
        for disk in self.disks:
            open(disk, "w", encoding="utf-8").close()
        monkeypatch.setenv("PATH", str(programs), prepend=":")
        monkeypatch.setattr(array, "FOLDER", str(self.folder))
        self.holds("", "")

    def holds(self, *each, arrays=None):
        state = {"holds": dict(zip(self.disks, each, strict=True)), "arrays": arrays or {}, "calls": []}
        self.state.write_text(json.dumps(state))

    def known(self, key):
        return json.loads(self.state.read_text())[key]

    def run(self, **changes):
        disks = [{"volume": disk.rpartition("/")[2], "device": "/dev/sdf"} for disk in self.disks]
        given = {"name": "data", "level": 1, "disks": disks, "timeout": 0}
        with patch_module_args({**given, **changes}), pytest.raises(SystemExit):
            array.main()
        return json.loads(self.capsys.readouterr().out.strip().splitlines()[-1])


@pytest.fixture
def host(tmp_path, monkeypatch, capsys):
    return Host(tmp_path, monkeypatch, capsys)


@pytest.mark.parametrize("level", [0, 1, 10])
def test_empty_disks_become_an_array_once(host, level):
    result = host.run(level=level)
    assert (result["changed"], result["made"], result["device"]) == (True, True, host.array)
    (call,) = host.known("calls")
    assert call[:2] == ["--create", host.array]
    assert "--level=%d" % level in call
    assert "--raid-devices=2" in call
    assert call[-2:] == host.disks
    again = host.run(level=level)
    assert (again["changed"], again["made"]) == (False, False)
    assert len(host.known("calls")) == 1


def test_disks_of_another_machine_are_put_together_and_keep_their_data(host):
    host.holds("array-1", "array-1")
    result = host.run()
    assert (result["changed"], result["made"]) == (True, False)
    assert [call[0] for call in host.known("calls")] == ["--assemble"]
    assert not host.run()["changed"]


def test_an_array_that_the_system_has_started_under_another_name_gets_its_own(host):
    other = str(host.folder / "md127")
    open(other, "w", encoding="utf-8").close()
    host.holds("array-1", "array-1", arrays={other: {"uuid": "array-1", "disks": host.disks}})
    assert host.run()["changed"]
    assert host.known("calls") == []
    assert os.path.realpath(host.array) == other
    assert not host.run()["changed"]


def test_an_array_that_the_system_has_found_and_not_started_yet_is_started(host):
    other = str(host.folder / "md127")
    open(other, "w", encoding="utf-8").close()
    its = {"uuid": "array-1", "disks": host.disks, "state": "INACTIVE-ARRAY"}
    host.holds("array-1", "array-1", arrays={other: its})
    assert host.run()["changed"]
    assert host.known("calls") == [["--run", other]]
    assert host.known("arrays")[other]["state"] == "ARRAY"


def test_an_empty_disk_takes_the_place_of_a_lost_one(host):
    host.holds("array-1", "")
    assert host.run()["changed"]
    assert [call[0] for call in host.known("calls")] == ["--assemble", "--manage"]
    assert host.known("arrays")[host.array]["disks"] == host.disks
    assert not host.run()["changed"]


def test_an_array_of_level_0_without_one_of_its_disks_is_an_error_and_nothing_is_done(host):
    host.holds("array-1", "")
    result = host.run(level=0)
    assert result["failed"]
    assert "an array of level 0 cannot do without one of its disks" in result["msg"]
    assert host.known("calls") == []


@pytest.mark.parametrize(
    ("holds", "said"),
    [
        (("ext4", ""), "holds something that is no array of mdadm. It is left as it is"),
        (("array-1", "array-2"), "belong to different arrays: array-1, array-2"),
    ],
)
def test_what_is_on_a_disk_is_never_overwritten(host, holds, said):
    host.holds(*holds)
    assert said in host.run()["msg"]
    assert host.known("calls") == []


def test_check_mode_changes_nothing(host):
    assert host.run(_ansible_check_mode=True)["changed"]
    host.holds("array-1", "array-1")
    assert host.run(_ansible_check_mode=True)["changed"]
    assert host.known("calls") == []
