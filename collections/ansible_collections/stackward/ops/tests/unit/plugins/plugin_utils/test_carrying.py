# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How files get into the call of a module, whichever way that goes to the host."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace

import pytest
from ansible.plugins.action import ActionBase
from ansible_collections.stackward.ops.plugins.plugin_utils.carrying import Carrying


class Action(Carrying):
    def run(self, tmp=None, task_vars=None):
        raise NotImplementedError


@pytest.fixture
def sent(monkeypatch):
    """What has left for the host."""
    calls = []
    monkeypatch.setattr(
        ActionBase, "_low_level_execute_command", lambda _self, cmd, in_data=None, **_more: calls.append((cmd, in_data))
    )
    monkeypatch.setattr(ActionBase, "_transfer_data", lambda _self, path, data: calls.append((path, data)))
    return calls


@pytest.fixture
def action():
    return Action(SimpleNamespace(async_val=0), None, None, None, None, None)


@pytest.fixture
def files(tmp_path):
    found = [tmp_path / "a", tmp_path / "b"]
    for number, path in enumerate(found):
        path.write_bytes(bytes([number, 255, 0]) * 100)
    return found


def _call(arguments):
    """Return a call as Ansible builds it: a program that has the arguments in it as a text of JSON."""
    return f"run({json.dumps(arguments)!r})".encode()


def _arguments(call):
    return json.loads(call.decode().removeprefix("run('").removesuffix("')"))


def test_files_are_in_a_call_that_goes_through_the_connection(action, sent, files):
    action._low_level_execute_command("python3", in_data=_call({str(path): action.carried(path) for path in files}))
    shipped = _arguments(sent[0][1])
    assert {path: base64.b64decode(shipped[str(path)]) for path in files} == {path: path.read_bytes() for path in files}


def test_files_are_in_a_call_that_goes_as_a_file(action, sent, files):
    action._transfer_data("/tmp/there", _call({"it": action.carried(files[0])}))
    assert base64.b64decode(_arguments(sent[0][1])["it"]) == files[0].read_bytes()


def test_a_call_that_is_repeated_has_them_again(action, sent, files):
    call = _call({"it": action.carried(files[0])})
    for _attempt in range(2):
        action._low_level_execute_command("python3", in_data=call)
    assert sent[0] == sent[1] != ("python3", call)


def test_what_carries_nothing_is_sent_as_it_is(action, sent, files):
    action.carried(files[0])
    action._low_level_execute_command("true")
    action._transfer_data("/tmp/there", "text")
    assert sent == [("true", None), ("/tmp/there", "text")]
