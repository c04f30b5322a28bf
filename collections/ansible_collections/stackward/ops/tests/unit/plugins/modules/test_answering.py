# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether it is the unit of an app that answers, on a host whose kernel is a folder."""

from __future__ import annotations

import pytest
from ansible_collections.stackward.ops.plugins.module_utils.applying import answering
from ansible_collections.stackward.ops.plugins.module_utils.applying.answering import Answering

PORT = 8000
LISTENING = f"0: 00000000:{PORT:04X} 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0"
CONNECTED = f"0: 0100007F:{PORT:04X} 0100007F:A000 01 00000000:00000000 00:00000000 00000000 0 0"


class Machine:
    """Processes with their control groups and sockets, and what systemd says of the unit."""

    def __init__(self, folder):
        self.folder = folder
        self.state = {"LoadState": "loaded", "ActiveState": "active", "SubState": "running"}
        self.started(ActiveEnter=0.0, ExecMainStart=0.0, InactiveExit=0.0)
        (folder / "proc/net").mkdir(parents=True)
        self.sockets()

    def started(self, **seconds):
        """When the unit came to that, in seconds of the clock."""
        self.state.update({f"{name}TimestampMonotonic": str(int(at * 1e6)) for name, at in seconds.items()})

    def sockets(self, tcp="", tcp6=""):
        for name, row in (("tcp", tcp), ("tcp6", tcp6)):
            (self.folder / "proc/net" / name).write_text("\n".join(["sl local_address …", *([row] if row else [])]))

    def process(self, number, group, *sockets):
        place = self.folder / "proc" / str(number)
        (place / "fd").mkdir(parents=True)
        (place / "cgroup").write_text(group)
        for name, inode in enumerate(sockets):
            (place / "fd" / str(name)).symlink_to(f"socket:[{inode}]")


@pytest.fixture
def machine(tmp_path, monkeypatch):
    found = Machine(tmp_path)

    class Done:
        @property
        def stdout(self):
            return "".join(f"{key}={value}\n" for key, value in found.state.items())

    monkeypatch.setattr(answering, "call", lambda _command: Done())
    return found


def asked(machine, unit="site", port=PORT, most=5.0, front=""):
    return Answering(unit, port, most, front, str(machine.folder))


@pytest.mark.parametrize("group", ["0::/system.slice/site.service\n", "4:cpu:/\n1:name=systemd:/a/site.service/sub\n"])
@pytest.mark.parametrize("table", ["tcp", "tcp6"])
def test_a_unit_that_listens_is_well_at_once(machine, group, table):
    machine.sockets(**{table: f"{LISTENING} 41 1"})
    machine.process(7, group, 40, 41)
    assert asked(machine).problem(0.0) is None


@pytest.mark.parametrize(
    ("group", "row", "inode"),
    [
        ("0::/system.slice/othersite.service\n", LISTENING, 41),
        ("0::/user.slice/session-1.scope\n", LISTENING, 41),
        ("0::/system.slice/site.service\n", CONNECTED, 41),
        ("0::/system.slice/site.service\n", LISTENING.replace(f"{PORT:04X}", "1F41"), 41),
        ("0::/system.slice/site.service\n", LISTENING, 42),
    ],
)
def test_where_another_listens_the_unit_must_go_on_running_for_a_while(machine, group, row, inode):
    machine.sockets(tcp=f"{row} 41 1")
    machine.process(7, group, inode)
    machine.started(ExecMainStart=10.0)
    its = asked(machine)
    assert "site.service does not listen on port 8000, and does not go on running" in its.problem(10.0)
    assert its.problem(14.9) is not None
    assert its.problem(15.0) is None


def test_a_unit_that_has_run_for_that_long_before_anybody_asked_is_well_at_once(machine):
    assert asked(machine).problem(5.0) is None


def test_the_web_server_of_a_layer_may_listen_for_the_unit(machine):
    machine.sockets(tcp=f"{LISTENING} 41 1")
    machine.process(7, "0::/system.slice/nginx.service\n", 41)
    assert asked(machine, front="nginx.service").problem(0.0) is None
    machine.state.update(ActiveState="failed", SubState="failed")
    assert asked(machine, front="nginx.service").problem(0.0) is not None


@pytest.mark.parametrize("step", ["ActiveEnter", "ExecMainStart", "InactiveExit"])
def test_a_unit_that_starts_again_and_again_is_never_well(machine, step):
    its = asked(machine)
    for at in (100.0, 104.0, 108.0):
        machine.started(**{step: at})
        assert its.problem(at) is not None
        assert its.problem(at + 4.0) is not None


def test_it_need_not_be_steady_for_longer_than_there_is_time(machine):
    its = asked(machine, most=1.0)
    assert its.problem(0.0) is not None
    assert its.problem(1.0) is None


@pytest.mark.parametrize("sub", ["auto-restart", "auto-restart-queued"])
def test_a_unit_that_waits_to_be_started_again_is_not_what_answers(machine, sub):
    machine.state.update(ActiveState="activating", SubState=sub)
    assert f"site.service is activating ({sub})" in asked(machine).problem(0.0)
    assert asked(machine, port=None).problem(0.0) is not None


@pytest.mark.parametrize(
    "state", [{"LoadState": "not-found", "ActiveState": "inactive"}, {"ActiveState": "inactive", "SubState": "dead"}]
)
def test_of_a_unit_that_is_not_there_or_does_not_run_nothing_is_said(machine, state):
    machine.state.update(state)
    assert asked(machine).problem(0.0) is None


def test_without_a_unit_or_a_port_there_is_nothing_to_compare(machine):
    assert asked(machine, unit="").problem(0.0) is None
    assert asked(machine, port=None).problem(0.0) is None
