#!/usr/bin/python
# -*- coding: utf-8 -*-
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_server
short_description: Take a server out of HAProxy's rotation and put it back
version_added: 0.1.0
description:
  - Sets the administrative state of one server in the backends of a running HAProxy, over its admin socket.
  - When a server is taken out, waits until its sessions have ended, up to a time limit.
  - A host without a running HAProxy, or whose HAProxy does not have the server, is left alone; that is no error.
  - The state lasts until it is set again, over reloads of HAProxy too; the layer C(haproxy) sees to that.
author:
  - Stackward maintainers (@stackward)
attributes:
  check_mode:
    support: full
    description: Can run in check mode and tell whether the state would change; then nothing is waited for.
  diff_mode:
    support: none
    description: Does not show differences.
  platform:
    support: full
    platforms: posix
    description: Linux with HAProxy 2.2 or newer.
options:
  server:
    description: Name of the server in HAProxy's configuration; in Stackward the name of the instance.
    type: str
    required: true
  backends:
    description: Backends in which the state is set; V(*) stands for all that have the server.
    type: list
    elements: str
    default: ['*']
  state:
    description:
      - V(drain) lets sessions end and sends no new ones.
      - V(maint) does that too, and stops the health checks.
      - V(ready) puts the server back into rotation.
    type: str
    choices: [drain, maint, ready]
    required: true
  ports:
    description:
      - With O(state=ready), the port on which the server is asked from now on, by backend. In other backends, and where
        it is so already, nothing changes.
      - HAProxy forgets it with a restart, so the configuration has to say the same by then.
    type: dict
    default: {}
  serving:
    description: With O(state=ready), wait until HAProxy finds the server well, and fail if it does not.
    type: bool
    default: false
  recheck:
    description:
      - With O(state=ready), count the server as down until HAProxy's next checks of it pass, whatever was before.
      - For a server that has been rebooted, or has a release that nobody has checked. Either may fall between two
        checks, and the server seems to be well.
    type: bool
    default: false
  stopped:
    description:
      - Backends in which the server is not waited for with O(serving=true), as nobody is to answer there. In Stackward
        a backend has the name of its app, and somebody may have stopped that.
    type: list
    elements: str
    default: []
  timeout:
    description:
      - Seconds to wait for the sessions of the server to end, with O(state=drain) and O(state=maint), or for HAProxy
        to find it well, with O(serving=true).
    type: float
    default: 30
  socket:
    description: Path of HAProxy's admin socket.
    type: path
    default: /run/haproxy/admin.sock
seealso:
  - module: stackward.ops.ensure
"""

EXAMPLES = r"""
- name: Take web1 out of the load balancer before it stops
  stackward.ops.haproxy_server:
    server: web1
    state: drain
    timeout: 30

- name: Put web1 back into rotation on another port
  stackward.ops.haproxy_server:
    server: web1
    state: ready
    ports: {storefront: 8080}

- name: Put web1 back into rotation for one app
  stackward.ops.haproxy_server:
    server: web1
    backends: [storefront]
    state: ready
"""

RETURN = r"""
backends:
  description: Backends that have the server.
  returned: always
  type: list
  elements: str
  sample: [storefront]
sessions:
  description: Sessions that the server still had when the module ended.
  returned: always
  type: int
  sample: 0
waited:
  description: Seconds that the module waited for sessions to end.
  returned: always
  type: float
  sample: 1.2
message:
  description: What was done, or why nothing was.
  returned: always
  type: str
  sample: web1 is drained
"""

import csv
import socket
import time

from ansible.module_utils.basic import AnsibleModule

# srv_admin_state in HAProxy's management guide ("show servers state"): set by hand, in its lowest form.
_MAINTENANCE = 0x01
_DRAIN = 0x08
_WANTED = {"ready": 0, "drain": _DRAIN, "maint": _MAINTENANCE}
_UNCHECKED = "no check"
_WELL = ("UP", _UNCHECKED)
_ENDED = {"ready": "ready", "drain": "drained", "maint": "in maintenance"}


class Unreachable(Exception):
    """There is no HAProxy behind the socket."""


class AdminSocket:
    """HAProxy's admin socket: one connection a command."""

    def __init__(self, path):
        self._path = path

    def ask(self, command):
        """Return HAProxy's answer. Raises Unreachable."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(10)
                connection.connect(self._path)
                connection.sendall(command.encode("utf-8") + b"\n")
                return b"".join(iter(lambda: connection.recv(65536), b"")).decode("utf-8", "replace")
        except (FileNotFoundError, ConnectionError) as error:
            raise Unreachable(str(error)) from error


def admin_states(answer, server):
    """Return the administrative state of a server by backend, from the answer to "show servers state"."""
    header, *rows = answer.strip().splitlines()[1:]
    columns = header.lstrip("# ").split()
    backend, name, state = (columns.index(column) for column in ("be_name", "srv_name", "srv_admin_state"))
    found = [row.split() for row in rows]
    return {row[backend]: int(row[state]) for row in found if row[name] == server}


def places(answer, server):
    """Return the address and the port of a server by backend, from the answer to "show servers state"."""
    header, *rows = answer.strip().splitlines()[1:]
    columns = header.lstrip("# ").split()
    backend, name, address, port = (columns.index(column) for column in ("be_name", "srv_name", "srv_addr", "srv_port"))
    found = [row.split() for row in rows]
    return {row[backend]: (row[address], int(row[port])) for row in found if row[name] == server}


def statistics_of(answer, server, backends):
    """Return what HAProxy counts of a server in some backends, a row each, from the answer to "show stat"."""
    rows = csv.DictReader(answer.lstrip("# ").splitlines())
    return [row for row in rows if row["svname"] == server and row["pxname"] in backends]


def sessions_of(answer, server, backends):
    """Return how many sessions a server has in some backends, from the answer to "show stat"."""
    return sum(int(row["scur"] or 0) for row in statistics_of(answer, server, backends))


def to_change(states, wanted):
    """Return the backends in which the server is not in the wanted state yet."""
    by_hand = _MAINTENANCE | _DRAIN
    return sorted(backend for backend, state in states.items() if state & by_hand != _WANTED[wanted])


def wait_for_sessions(admin, server, backends, timeout):
    """Wait until a server has no session left. Return the seconds waited and the sessions left."""
    started = time.monotonic()
    while True:
        left = sessions_of(admin.ask("show stat"), server, backends)
        waited = time.monotonic() - started
        if left == 0 or waited >= timeout:
            return round(waited, 1), left
        time.sleep(min(0.25, timeout - waited))


def checked(answer, server, backends):
    """Return the backends in which HAProxy checks a server, from the answer to "show stat"."""
    rows = statistics_of(answer, server, backends)
    return sorted(row["pxname"] for row in rows if row["status"] != _UNCHECKED)


def unwell(answer, server, backends):
    """Return what HAProxy says of a server by backend where it sends it nothing, from the answer to "show stat".

    "UP 1/3" is no good word either: a check has failed, and the next ones may have it down, as after a quick reboot.
    """
    return {
        row["pxname"]: f"{row['status']} {row.get('check_desc') or ''} {row.get('last_chk') or ''}".strip()
        for row in statistics_of(answer, server, backends)
        if row["status"] not in _WELL
    }


def wait_until_well(admin, server, backends, timeout):
    """Wait until HAProxy sends a server requests. Return the seconds waited and what it says where it does not."""
    started = time.monotonic()
    while True:
        left = unwell(admin.ask("show stat"), server, backends)
        waited = time.monotonic() - started
        if not left or waited >= timeout:
            return round(waited, 1), left
        time.sleep(min(0.25, timeout - waited))


def main():
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "server": {"type": "str", "required": True},
            "backends": {"type": "list", "elements": "str", "default": ["*"]},
            "state": {"type": "str", "required": True, "choices": ["drain", "maint", "ready"]},
            "ports": {"type": "dict", "default": {}},
            "serving": {"type": "bool", "default": False},
            "recheck": {"type": "bool", "default": False},
            "stopped": {"type": "list", "elements": "str", "default": []},
            "timeout": {"type": "float", "default": 30},
            "socket": {"type": "path", "default": "/run/haproxy/admin.sock"},
        },
        supports_check_mode=True,
    )
    try:
        _set_state(module, AdminSocket(module.params["socket"]))
    except Unreachable as error:
        message = f"HAProxy does not run here: {error}"
        module.exit_json(changed=False, backends=[], sessions=0, waited=0.0, message=message)
    except TimeoutError:
        module.fail_json(msg=f"HAProxy does not answer on {module.params['socket']}; see journalctl --unit=haproxy.")


def _set_state(module, admin):
    server, state, wanted = module.params["server"], module.params["state"], module.params["backends"]
    states = admin_states(admin.ask("show servers state"), server)
    states = {backend: found for backend, found in states.items() if "*" in wanted or backend in wanted}
    backends = sorted(states)
    if not backends:
        message = f"HAProxy has no server {server} here"
        module.exit_json(changed=False, backends=[], sessions=0, waited=0.0, message=message)
    changes = to_change(states, state)
    moved = _move(module, admin, backends) if state == "ready" else []
    if not module.check_mode:
        if state == "ready" and module.params["recheck"]:
            for backend in checked(admin.ask("show stat"), server, backends):
                _tell(module, admin, backend, "health down")
        for backend in changes:
            _tell(module, admin, backend, f"state {state}")
    waited, left = 0.0, 0
    if state != "ready" and not module.check_mode:
        waited, left = wait_for_sessions(admin, server, backends, module.params["timeout"])
    if state == "ready" and module.params["serving"] and not module.check_mode:
        answering = [backend for backend in backends if backend not in module.params["stopped"]]
        waited, ill = wait_until_well(admin, server, answering, module.params["timeout"])
        if ill:
            said = "; ".join(f"{backend}: {text}" for backend, text in sorted(ill.items()))
            module.fail_json(msg=f"HAProxy does not find {server} well after {waited:g} seconds: {said}.")
    message = f"{server} is {_ENDED[state]}" + (f", with {left} sessions left" if left else "")
    module.exit_json(changed=bool(changes or moved), backends=backends, sessions=left, waited=waited, message=message)


def _tell(module, admin, backend, what):
    """Have HAProxy change something of the server."""
    answer = admin.ask(f"set server {backend}/{module.params['server']} {what}").strip()
    if answer:
        module.fail_json(msg=f"HAProxy refused to set {backend}/{module.params['server']} to {what}: {answer}")


def _move(module, admin, backends):
    """Have the server asked on the wanted ports. Return the backends in which that is another one than before."""
    server = module.params["server"]
    wanted = {backend: int(port) for backend, port in module.params["ports"].items() if backend in backends}
    there = places(admin.ask("show servers state"), server) if wanted else {}
    moved = [backend for backend, port in sorted(wanted.items()) if there[backend][1] != port]
    for backend in [] if module.check_mode else moved:
        # HAProxy answers in words whether it has done it or not, so it is asked where the server is afterwards.
        address, port = there[backend][0], wanted[backend]
        answer = admin.ask(f"set server {backend}/{server} addr {address} port {port}").strip()
        if places(admin.ask("show servers state"), server)[backend] != (address, port):
            module.fail_json(msg=f"HAProxy refused to ask {backend}/{server} on port {port}: {answer}")
    return moved


if __name__ == "__main__":
    main()
