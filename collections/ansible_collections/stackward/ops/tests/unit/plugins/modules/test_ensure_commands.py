# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands: run once, under a time limit."""

from __future__ import annotations

import pytest
from ansible_collections.stackward.ops.tests.unit.plugins.modules.resources import run


def test_a_command_runs_unless_its_work_is_there(host):
    wanted = run("sh", "-c", f"echo done > {host.path('a')}", unless=["grep", "done", host.path("a")])
    assert host.ensure(wanted)["changed"]
    assert not host.ensure(wanted)["changed"]


@pytest.mark.parametrize(("said", "changed"), [("on", False), ("on\nmore", True), ("", True)])
def test_a_command_may_depend_on_what_is_said(host, said, changed):
    wanted = run("true", unless=["printf", f"{said}\\n"], unless_output="on\n")
    assert host.ensure(wanted)["changed"] is changed


def test_input_environment_and_folder_reach_the_command(host):
    command = 'cat > out; echo "$GREETING $HOME" >> out'
    host.ensure(run("sh", "-c", command, input="in\n", environment={"GREETING": "hi"}, directory=host.path("")))
    assert (host.folder / "out").read_text() == "in\nhi /root\n"


def test_a_command_that_hangs_is_killed_with_its_children(host):
    result = host.ensure(run("sh", "-c", f"(sleep 60; touch {host.path('late')}) & wait", timeout=0.2))
    assert "did not end within 0.2 seconds" in result["msg"]


def test_a_command_that_is_not_there_is_an_error(host):
    assert "no-such-program cannot be started" in host.ensure(run("no-such-program"))["msg"]


def test_only_the_end_of_a_long_output_is_shown(host):
    message = host.ensure(run("sh", "-c", "seq 1000; exit 1"))["msg"]
    assert message.splitlines()[-1].strip() == "1000"
    assert len(message.splitlines()) == 21


def test_a_signal_is_named(host):
    assert "ended by signal 9" in host.ensure(run("sh", "-c", "kill -9 $$"))["msg"]
