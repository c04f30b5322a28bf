# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How code gets to a host: with the call that needs it, or in a file where it is large or was not expected."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.stackward.ops.plugins.plugin_utils import applying


class Action:
    """An action plugin whose host lacks what has come neither with the call nor in a file."""

    def __init__(self, wanted, check=False):
        self.wanted = wanted
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
        return {"missing": [{"archive": path} for path in self.wanted if path not in there], "task_vars": task_vars}

    def carried(self, path):
        return f"content of {path}"

    def _make_tmp_path(self):
        self.sent.append("folder")

    def _transfer_file(self, local, remote):
        self.sent.append(local)
        return remote

    def _remove_tmp_path(self, path):
        self.sent.append(f"without {path}")


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
    assert applying.apply(action, [], {}, absent=set(archives), undo="u")["missing"] == []
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
    assert applying.apply(action, [], {}, absent=set(archives))["missing"] == []
    assert [sorted(call["shipped"]) for call in action.calls] == [archives[:1], archives[:1]]
    assert action.sent == ["folder", archives[1], "without /tmp/there"]


def test_a_look_sends_nothing(archives):
    action = Action(archives, check=True)
    applying.apply(action, [], {}, absent=set(archives))
    assert action.calls == [{"resources": []}]
    assert action.sent == []
