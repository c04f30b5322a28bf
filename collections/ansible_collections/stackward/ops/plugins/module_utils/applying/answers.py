# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether what runs on the host is well: it answers over HTTP, it listens, or a command says so."""

from __future__ import annotations

import socket
import time
import urllib.parse

from .answering import Answering
from .commands import call, tail
from .outcome import UNCHANGED, Failed
from .services import log_of

_SHOWN = 500
"""Characters of an answer that are shown where it is not the one that is wanted."""
_READ = 64 * 1024
"""Bytes of it that are read: so many more that no secret is cut off in what is shown."""


def apply_answers(resource, host):
    """Wait until the URL answers as wanted; what waits to be restarted is restarted first."""
    return _until(
        resource,
        host,
        lambda left: _http_problem(resource["url"], resource["any_status"], left, host.masked),
        f"{resource['url']} did not answer well",
        _port(resource["url"]),
    )


def apply_listens(resource, host):
    """Wait until something listens on the port."""
    return _until(
        resource,
        host,
        lambda left: _tcp_problem(resource["port"], left),
        f"nothing listens on port {resource['port']}",
        resource["port"],
    )


def apply_succeeds(resource, host):
    """Wait until the command succeeds."""
    return _until(
        resource,
        host,
        lambda left: _command_problem(resource["command"], left),
        f"{resource['command']!r} did not succeed",
    )


def _until(resource, host, problem_now, what, port=None):
    if host.check:
        return UNCHANGED
    host.carry_out()
    deadline = time.monotonic() + resource["within"]
    pause = 0.1
    answering = Answering(resource["unit"], port, resource["within"] / 2, resource.get("front", ""))
    while True:
        problem = problem_now(max(1.0, deadline - time.monotonic())) or answering.problem(time.monotonic())
        if problem is None:
            return UNCHANGED
        if time.monotonic() + pause > deadline:
            log = f"\nThe log of {resource['unit']} ends with:\n{log_of(resource['unit'])}" if resource["unit"] else ""
            raise Failed(f"{what} within {resource['within']:g} seconds: {problem}{log}")
        time.sleep(pause)
        pause = min(2 * pause, 1.0)


def _port(url):
    parts = urllib.parse.urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def _http_problem(url, any_status, timeout, masked):
    # Here, as it takes its time and most calls ask nothing over HTTP.
    import http.client

    parts = urllib.parse.urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=timeout)
    try:
        connection.request("GET", urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, "")))
        answer = connection.getresponse()
        status = answer.status
        said = "" if any_status or status < 400 else answer.read(_READ).decode("utf-8", "replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}".rstrip(": ") + "."
    finally:
        connection.close()
    if any_status or status < 400:
        return None
    return f"it answered with status {status}" + (f":\n{tail(masked(said)[:_SHOWN])}" if said else ".")


def _tcp_problem(port, timeout):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=timeout):
            return None
    except OSError as error:
        return f"{type(error).__name__}: {error}."


def _command_problem(command, timeout):
    try:
        done = call(["sh", "-c", command], timeout=timeout)
    except Failed as error:
        return str(error)
    return None if done.status == 0 else f"it ended with exit status {done.status}:\n{tail(done.output)}"
