# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every call of the module promises, whatever the resources."""

from __future__ import annotations

import http.server
import json
import threading

import pytest
from ansible_collections.stackward.ops.plugins.module_utils.applying import answering, files
from ansible_collections.stackward.ops.tests.unit.plugins.modules.resources import (
    absent,
    answers,
    block,
    directory,
    file,
    link,
    run,
    service,
)

CHECK = {"_ansible_check_mode": True, "_ansible_diff": True}


def test_a_second_call_changes_nothing(host):
    host.unit("x.service")
    wanted = [
        directory(host.path("etc")),
        file(host.path("etc/a"), "text\n"),
        block(host.path("etc/hosts"), "1.2.3.4 a\n"),
        link(host.path("etc/b"), "a"),
        absent(host.path("etc/c")),
        run("touch", host.path("ran"), creates=host.path("ran")),
        service("x.service"),
    ]
    assert host.ensure(*wanted)["changed"]
    second = host.ensure(*wanted)
    assert not second["changed"]
    assert second["results"] == []
    assert second["counts"] == {"resources": 7, "applied": 7, "changed": 0}


def test_only_what_changed_is_reported(host):
    result = host.ensure(directory(host.path("etc")), file(host.path("etc/a"), "x", name="settings"))
    again = host.ensure(directory(host.path("etc")), file(host.path("etc/a"), "y", name="settings"))
    assert [entry["name"] for entry in result["results"]] == ["a folder", "settings"]
    assert again["results"] == [{"name": "settings", "changed": True, "message": "new content"}]


def test_check_mode_tells_and_changes_nothing(host):
    host.unit("x.service", active="inactive", enabled="disabled")
    wanted = [
        directory(host.path("etc")),
        file(host.path("a"), "new\n", notify=["restart:x"]),
        run("touch", host.path("ran")),
        service("x.service"),
    ]
    result = host.ensure(*wanted, **CHECK)
    assert [entry["name"] for entry in result["results"]] == [
        "a folder",
        "a file",
        "a command",
        "a service",
        "notification",
    ]
    assert result["diff"][0]["after"] == "new\n"
    assert host.calls() == []
    assert not host.state.exists()
    assert not (host.folder / "a").exists()


def test_the_first_failure_ends_the_call_and_names_the_resource(host):
    result = host.ensure(
        run("sh", "-c", "echo it broke >&2; exit 3", name="the migration"), file(host.path("after"), "")
    )
    assert result["failed"]
    assert result["msg"] == "the migration: The command ended with exit status 3:\n  it broke"
    assert not (host.folder / "after").exists()


def test_nothing_secret_is_returned(host):
    secret = "correct-horse-battery"
    results = [
        host.ensure(file(host.path("env"), f'PASSWORD="{secret}"\n', secret=True), _ansible_diff=True),
        host.ensure(run("sh", "-c", "cat; exit 1", input=secret, secret=True)),
        host.ensure(
            file(host.path("env"), f'PASSWORD="{secret}"\n', secret=True), run("sh", "-c", f"echo {secret}; exit 1")
        ),
    ]
    assert results[0]["changed"]
    assert results[1]["failed"]
    assert secret not in json.dumps(results[:2])
    assert "diff" not in results[0]


def test_what_a_program_says_is_masked(host):
    program = host.programs / "talkative"
    program.write_text(f"#!/bin/sh\ncat {host.path('env')} >&2\nexit 1\n")
    program.chmod(0o755)
    result = host.ensure(file(host.path("env"), 'KEY="correct-horse-battery"\n', secret=True), run("talkative"))
    assert "correct-horse" not in json.dumps(result)
    assert "exit status 1" in result["msg"]


def test_an_unknown_kind_is_an_error(host):
    assert "'rocket'" in host.ensure({"kind": "rocket", "name": "moon", "notify": []})["msg"]


def test_notifications_are_carried_out_once_and_restart_beats_reload(host):
    host.unit("x.service")
    host.unit("y.socket")
    result = host.ensure(
        file(host.path("a"), "1", notify=["restart:x", "reload:x"]),
        file(host.path("b"), "1", notify=["restart:x.service", "restart:y.socket"]),
    )
    assert host.calls() == ["restart x.service y.socket"]
    assert [entry["message"] for entry in result["results"][2:]] == ["x.service: restarted", "y.socket: restarted"]


def test_without_a_change_nothing_is_notified(host):
    host.unit("x.service")
    wanted = file(host.path("a"), "1", notify=["reload:x"])
    host.ensure(wanted)
    host.calls()
    host.ensure(wanted)
    assert host.calls() == []


def test_a_run_that_dies_after_a_change_restarts_at_the_next(host, monkeypatch):
    host.unit("x.service")
    wanted = file(host.path("a"), "1", notify=["restart:x"])

    def killed():
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "replace", _once_then(files.os.replace, killed))
        with pytest.raises(KeyboardInterrupt):
            host.ensure(wanted)
    assert host.calls() == []
    host.ensure(wanted)
    assert host.calls() == ["restart x.service"]
    assert not host.ensure(wanted)["changed"]
    assert host.calls() == []


def _once_then(first, second):
    """The first call goes through (it notes what waits); the next is the change itself, done just before the end."""
    done = []

    def call(*arguments):
        done.append(arguments)
        first(*arguments)
        if len(done) > 1:
            second()

    return call


def test_a_failure_after_a_change_restarts_at_the_next_call(host):
    host.unit("x.service")
    wanted = file(host.path("a"), "1", notify=["restart:x"])
    assert host.ensure(wanted, run("false"))["failed"]
    assert host.calls() == []
    result = host.ensure(wanted)
    assert host.calls() == ["restart x.service"]
    assert result["changed"]


def test_a_restart_that_fails_is_tried_again_and_explained(host):
    host.unit("x.service", Broken=True)
    wanted = file(host.path("a"), "1", notify=["restart:x"])
    result = host.ensure(wanted)
    assert "x.service is broken" in result["msg"]
    assert "last words" in result["msg"]
    host.unit("x.service")
    host.calls()
    assert not host.ensure(wanted).get("failed")
    assert host.calls() == ["restart x.service"]


def test_what_waits_for_a_unit_that_a_call_is_not_about_goes_on_waiting(host):
    host.unit("x.service", Broken=True)
    wanted = file(host.path("a"), "1", notify=["restart:x"])
    assert host.ensure(wanted)["failed"]
    host.calls()
    assert not host.ensure(file(host.path("b"), "1")).get("failed")
    assert host.calls() == []
    host.unit("x.service")
    assert not host.ensure(wanted).get("failed")
    assert host.calls() == ["restart x.service"]


def test_what_waited_for_a_unit_that_is_gone_is_forgotten(host):
    host.state.mkdir()
    (host.state / "pending-notify.json").write_text('["restart:gone", "daemon-reload"]')
    assert not host.ensure().get("failed")
    assert host.calls() == ["daemon-reload"]
    assert json.loads((host.state / "pending-notify.json").read_text()) == []


def test_a_damaged_note_of_what_waits_is_an_error(host):
    host.state.mkdir()
    (host.state / "pending-notify.json").write_text("[")
    assert "damaged" in host.ensure()["msg"]


class _Teapot(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(self.path.strip("/")))
        self.end_headers()

    def log_message(self, *_):
        return


@pytest.fixture
def server():
    """A web server that answers with the status that its path names."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Teapot) as found:
        threading.Thread(target=found.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{found.server_address[1]}"
        found.shutdown()


def test_a_check_of_answers_comes_after_what_waits(host, server):
    host.unit("x.service")
    result = host.ensure(file(host.path("a"), "1", notify=["restart:x"]), answers(f"{server}/302"), run("true"))
    assert [entry["name"] for entry in result["results"]] == ["a file", "notification", "a command"]


@pytest.mark.parametrize(
    ("status", "any_status", "fails"), [(200, False, False), (500, False, True), (500, True, False)]
)
def test_an_answer_must_be_good_unless_any_will_do(host, server, status, any_status, fails):
    result = host.ensure(answers(f"{server}/{status}", any_status=any_status, unit="x.service"))
    assert result.get("failed", False) is fails
    assert not fails or ("status 500" in result["msg"] and "last words" in result["msg"])


@pytest.mark.parametrize(("active", "sub"), [("activating", "auto-restart"), ("failed", "failed")])
def test_an_answer_of_somebody_else_in_place_of_the_unit_is_none(host, server, active, sub):
    host.unit("x.service", active=active, SubState=sub)
    result = host.ensure(answers(f"{server}/200", unit="x"))
    assert result["failed"]
    assert f"something else answered: x.service is {active} ({sub})." in result["msg"]


def test_an_answer_of_somebody_before_a_unit_that_goes_on_running_counts(host, server, monkeypatch):
    monkeypatch.setattr(answering, "STEADY_SECONDS", 0.2)
    host.unit("x.service", SubState="running", MainPID="7", NRestarts="0")
    assert not host.ensure(answers(f"{server}/200", unit="x", within=60.0)).get("failed")


def test_no_answer_is_an_error(host):
    assert "did not answer well" in host.ensure(answers("http://127.0.0.1:1/"))["msg"]
