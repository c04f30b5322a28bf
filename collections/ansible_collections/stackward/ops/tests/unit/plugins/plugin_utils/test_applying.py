# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How code gets to a host: with the call that needs it, or in a file where it is large or was not expected."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.stackward.ops.plugins.plugin_utils import applying

from stackward.engine.compiling import Absent


class Action:
    """An action plugin whose host lacks what has come neither with the call nor in a file."""

    def __init__(self, wanted, check=False):
        self.wanted = wanted
        self.lost = set()
        self.calls = []
        self.sent = []
        self._task = SimpleNamespace(check_mode=check)
        self._connection = SimpleNamespace(
            _shell=SimpleNamespace(tmpdir="/tmp/there", join_path=lambda *parts: "/".join(parts))
        )

    def _execute_module(self, module_name, module_args, task_vars):
        assert module_name == "stackward.ops.ensure"
        self.calls.append(module_args)
        there = {**module_args.get("shipped", {}), **module_args.get("uploads", {})}
        lost = {path for path, base in module_args.get("bases", {}).items() if base in self.lost}
        missing = [{"archive": path} for path in self.wanted if path not in there or path in lost]
        return {"missing": missing, "task_vars": task_vars}

    def carried(self, path):
        return f"content of {path}"

    def _make_tmp_path(self):
        self.sent.append("folder")

    def _transfer_file(self, local, remote):
        self.sent.append(local)
        return remote

    def _remove_tmp_path(self, path):
        self.sent.append(f"without {path}")


def absent(archives):
    return [Absent(path) for path in archives]


def resources(archives):
    return [
        {"kind": "release", "archive": path, "path": f"/srv/{number}/releases/new"}
        for number, path in enumerate(archives)
    ]


@pytest.fixture
def archives(tmp_path):
    found = []
    for name in ("a", "b"):
        path = tmp_path / f"{name}.tar.gz"
        path.write_bytes(name.encode() * 10)
        found.append(str(path))
    return found


def test_code_that_the_host_lacks_comes_with_the_call(archives):
    action = Action(archives)
    assert applying.apply(action, resources(archives), {}, absent=absent(archives), undo="u")["missing"] == []
    assert [call["undo"] for call in action.calls] == ["u"]
    assert action.calls[0]["shipped"] == {path: f"content of {path}" for path in archives}
    assert action.sent == []


def test_what_the_host_has_is_not_sent():
    action = Action([])
    applying.apply(action, [], {})
    assert action.calls == [{"resources": []}]


def test_code_that_was_expected_there_is_uploaded(archives):
    action = Action(archives[:1])
    assert applying.apply(action, [], {})["missing"] == []
    assert action.sent == ["folder", archives[0], "without /tmp/there"]


def test_what_is_too_large_for_a_call_is_uploaded(archives, monkeypatch):
    monkeypatch.setattr(applying, "LARGEST", 15)
    action = Action(archives)
    assert applying.apply(action, resources(archives), {}, absent=absent(archives))["missing"] == []
    assert [sorted(call["shipped"]) for call in action.calls] == [archives[:1], archives[:1]]
    assert action.sent == ["folder", archives[1], "without /tmp/there"]


def test_a_look_sends_nothing(archives):
    action = Action(archives, check=True)
    applying.apply(action, resources(archives), {}, absent=absent(archives))
    assert action.calls == [{"resources": resources(archives)}]
    assert action.sent == []


@pytest.fixture
def large(tmp_path, monkeypatch):
    """Three releases that are too large for a call, with what the last two differ in from the first."""
    monkeypatch.setattr(applying, "LARGEST", 40)
    for name, size in (("old", 100), ("new", 100), ("other", 100), ("new-since-old", 30), ("other-since-old", 50)):
        (tmp_path / name).write_bytes(b"x" * size)
    monkeypatch.setattr(
        applying, "difference", lambda base, archive: archive.with_name(f"{archive.name}-since-{base.name}")
    )
    return tmp_path


def released(folder, name, live="r1"):
    resource = {"kind": "release", "archive": str(folder / name), "path": "/srv/site/releases/r2"}
    return [resource], [Absent(str(folder / name), live, str(folder / "old"))]


def test_of_a_large_release_only_what_differs_comes_with_the_call(large):
    action = Action([str(large / "new")])
    wanted, lacked = released(large, "new")
    assert applying.apply(action, wanted, {}, absent=lacked)["missing"] == []
    assert action.calls == [
        {
            "resources": wanted,
            "shipped": {str(large / "new"): f"content of {large / 'new-since-old'}"},
            "bases": {str(large / "new"): "/srv/site/releases/r1"},
        }
    ]
    assert action.sent == []


def test_what_differs_goes_as_a_file_where_that_is_large_too(large):
    action = Action([str(large / "other")])
    wanted, lacked = released(large, "other")
    assert applying.apply(action, wanted, {}, absent=lacked)["missing"] == []
    assert [call["bases"] for call in action.calls] == [{str(large / "other"): "/srv/site/releases/r1"}]
    assert action.sent == ["folder", str(large / "other-since-old"), "without /tmp/there"]


@pytest.mark.parametrize("name", ["new", "other"])
def test_the_whole_is_sent_to_a_host_that_has_not_what_was_left_out(large, name):
    action = Action([str(large / name)])
    action.lost = {"/srv/site/releases/r1"}
    wanted, lacked = released(large, name)
    assert applying.apply(action, wanted, {}, absent=lacked)["missing"] == []
    assert action.sent[-3:] == ["folder", str(large / name), "without /tmp/there"]
    assert "bases" not in action.calls[-1]
    assert "shipped" not in action.calls[-1]


def test_what_came_with_a_call_comes_again_when_something_else_was_missing(large):
    (large / "small").write_bytes(b"x" * 10)
    small = {"kind": "release", "archive": str(large / "small"), "path": "/srv/page/releases/r2"}
    wanted, lacked = released(large, "other")
    action = Action([str(large / "other"), str(large / "small")])
    action.lost = {"/srv/site/releases/r1"}
    lacked = [*lacked, Absent(str(large / "small"))]
    assert applying.apply(action, [*wanted, small], {}, absent=lacked)["missing"] == []
    assert [sorted(call.get("shipped", {})) for call in action.calls] == [[str(large / "small")]] * 2


def test_the_whole_is_sent_where_the_archive_of_what_the_host_has_is_gone(large):
    (large / "old").unlink()
    action = Action([str(large / "new")])
    wanted, lacked = released(large, "new")
    applying.apply(action, wanted, {}, absent=lacked)
    assert action.sent == ["folder", str(large / "new"), "without /tmp/there"]
