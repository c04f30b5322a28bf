# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Draining a server, against a HAProxy that is only a socket."""

from __future__ import annotations

import json
import socketserver
import threading

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.stackward.ops.plugins.modules import haproxy_server

_STATE = "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_port\n"


class Balancer:
    """What the stand-in knows: the administrative state by (backend, server), and sessions that end one a question."""

    def __init__(self):
        self.states = {("shop", "web1"): 0, ("blog", "web1"): 0, ("shop", "web2"): 0}
        self.ports = dict.fromkeys(self.states, 8000)
        self.sessions = {("shop", "web1"): 0}
        self.ill = {}
        self.not_up = "DOWN"
        self.unchecked = set()
        self.commands = []
        self.refuses = False

    def answer(self, command):
        if command == "show servers state":
            rows = [
                f"3 {backend} 1 {server} 10.0.0.1 2 {state} 1 {self.ports[backend, server]}"
                for (backend, server), state in self.states.items()
            ]
            return _STATE + "\n".join(rows) + "\n\n"
        if command == "show stat":
            rows = [
                f"{backend},{server},0,{self._sessions(backend, server)},{self._status(backend, server)},"
                for backend, server in self.states
            ]
            return "# pxname,svname,qcur,scur,status,\n" + "\n".join(["shop,BACKEND,0,9,UP,", *rows]) + "\n\n"
        self.commands.append(command)
        if self.refuses:
            return "Permission denied\n\n"
        if " addr " in command:
            place, address, port = command.split()[2::2]
            assert address == "10.0.0.1"
            self.ports[tuple(place.split("/"))] = int(port)
            return "no need to change the addr, port changed from '8000' by 'stats socket command'\n"
        if command.endswith(" health down"):
            self.ill[tuple(command.split()[2].split("/"))] = 2
            return "\n"
        place, state = command.split()[2::2]
        self.states[tuple(place.split("/"))] = {"ready": 0, "drain": 8, "maint": 1}[state]
        return "\n"

    def _status(self, backend, server):
        if (backend, server) in self.unchecked:
            return "no check"
        left = self.ill.get((backend, server), 0)
        self.ill[backend, server] = left - 1
        return self.not_up if left > 0 else "UP"

    def _sessions(self, backend, server):
        left = self.sessions.get((backend, server), 0)
        self.sessions[backend, server] = max(0, left - 1)
        return left


@pytest.fixture
def balancer(tmp_path):
    """A stand-in for HAProxy, listening on a socket."""
    found = Balancer()
    found.path = str(tmp_path / "admin.sock")

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(found.answer(self.rfile.readline().decode().strip()).encode())

    with socketserver.ThreadingUnixStreamServer(found.path, Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield found
        server.shutdown()


@pytest.fixture
def run(balancer, capsys):
    """Run the module and return its result."""

    def _run(**arguments):
        with patch_module_args({"socket": balancer.path, **arguments}), pytest.raises(SystemExit):
            haproxy_server.main()
        return json.loads(capsys.readouterr().out)

    return _run


def test_drains_in_every_backend_that_has_the_server(balancer, run):
    result = run(server="web1", state="drain")
    assert result["changed"]
    assert result["backends"] == ["blog", "shop"]
    assert sorted(balancer.commands) == ["set server blog/web1 state drain", "set server shop/web1 state drain"]


def test_a_second_time_changes_nothing(balancer, run):
    run(server="web1", state="drain")
    balancer.commands.clear()
    assert not run(server="web1", state="drain")["changed"]
    assert balancer.commands == []


def test_waits_for_sessions_to_end(balancer, run):
    balancer.sessions["shop", "web1"] = 3
    result = run(server="web1", state="drain", timeout=60)
    assert result["sessions"] == 0
    assert balancer.sessions["shop", "web1"] == 0


def test_gives_up_waiting_and_says_so(balancer, run):
    balancer.sessions["shop", "web1"] = 10**6
    result = run(server="web1", state="drain", timeout=0)
    assert result["sessions"] == 10**6
    assert "sessions left" in result["message"]


def test_maintenance_and_back(balancer, run):
    assert run(server="web1", state="maint")["changed"]
    assert run(server="web1", state="ready")["changed"]
    assert balancer.states["shop", "web1"] == 0


def test_waits_until_a_server_gets_requests_again(balancer, run):
    balancer.ill["shop", "web1"] = 2
    result = run(server="web1", state="ready", serving=True)
    assert balancer.ill["shop", "web1"] < 1
    assert result["waited"] > 0
    balancer.ill["shop", "web1"] = 99
    said = run(server="web1", state="ready", serving=True, timeout=0.3)["msg"]
    assert "does not find web1 well" in said
    assert "shop: DOWN" in said


def test_a_server_whose_last_check_has_failed_is_waited_for_though_it_still_counts_as_up(balancer, run):
    balancer.not_up = "UP 1/3"
    balancer.ill["shop", "web1"] = 2
    assert run(server="web1", state="ready", serving=True)["waited"] > 0
    assert balancer.ill["shop", "web1"] < 1


def test_what_was_found_before_a_reboot_does_not_count(balancer, run):
    run(server="web1", state="drain")
    balancer.commands.clear()
    balancer.unchecked.add(("blog", "web1"))
    assert run(server="web1", state="ready", serving=True, recheck=True)["waited"] > 0
    assert balancer.commands == [
        "set server shop/web1 health down",
        *(f"set server {backend}/web1 state ready" for backend in ("blog", "shop")),
    ]


def test_an_app_that_somebody_has_stopped_is_not_waited_for(balancer, run):
    balancer.ill["shop", "web1"] = 99
    result = run(server="web1", state="ready", serving=True, stopped=["shop"], timeout=0.3)
    assert result["backends"] == ["blog", "shop"]
    assert "failed" not in result


def test_a_server_is_asked_on_another_port_of_one_backend_once_it_is_back(balancer, run):
    run(server="web1", state="drain")
    balancer.commands.clear()
    assert run(server="web1", state="ready", ports={"shop": 9000, "nowhere": 1})["changed"]
    assert balancer.commands[0] == "set server shop/web1 addr 10.0.0.1 port 9000"
    assert balancer.ports == {("shop", "web1"): 9000, ("blog", "web1"): 8000, ("shop", "web2"): 8000}
    balancer.commands.clear()
    assert not run(server="web1", state="ready", ports={"shop": 9000})["changed"]
    assert balancer.commands == []


def test_a_port_that_is_refused_is_an_error(balancer, run):
    balancer.refuses = True
    said = run(server="web1", state="ready", ports={"shop": 9000})["msg"]
    assert "shop/web1 on port 9000" in said
    assert "Permission denied" in said


def test_check_mode_tells_of_another_port_and_leaves_it(balancer, run):
    assert run(server="web1", state="ready", ports={"shop": 9000}, _ansible_check_mode=True)["changed"]
    assert balancer.commands == []


def test_only_in_the_backends_that_are_named(balancer, run):
    assert run(server="web1", backends=["blog"], state="drain")["backends"] == ["blog"]
    assert balancer.states["shop", "web1"] == 0


def test_an_unknown_server_is_no_error(run):
    result = run(server="web9", state="drain")
    assert not result["changed"]
    assert not result.get("failed")


def test_a_host_without_haproxy_is_no_error(run, tmp_path):
    result = run(server="web1", state="drain", socket=str(tmp_path / "none"))
    assert not result["changed"]
    assert not result.get("failed")


def test_a_refusal_is_an_error(balancer, run):
    balancer.refuses = True
    assert "Permission denied" in run(server="web1", state="drain")["msg"]


def test_check_mode_tells_and_changes_nothing(balancer, run):
    assert run(server="web1", state="drain", _ansible_check_mode=True)["changed"]
    assert balancer.commands == []
