# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether something on the host answers over HTTP."""

from __future__ import annotations

import http.client
import time
import urllib.parse

from .outcome import UNCHANGED, Failed
from .services import log_of


def apply_answers(resource, host):
    """Wait until the URL answers as wanted; what waits to be restarted is restarted first."""
    if host.check:
        return UNCHANGED
    host.carry_out()
    deadline = time.monotonic() + resource["within"]
    pause = 0.1
    while True:
        problem = _problem(resource["url"], resource["any_status"], max(1.0, deadline - time.monotonic()))
        if problem is None:
            return UNCHANGED
        if time.monotonic() + pause > deadline:
            log = f"\nThe log of {resource['unit']} ends with:\n{log_of(resource['unit'])}" if resource["unit"] else ""
            raise Failed(
                f"{resource['url']} did not answer well within {resource['within']:g} seconds: {problem}.{log}"
            )
        time.sleep(pause)
        pause = min(2 * pause, 1.0)


def _problem(url, any_status, timeout):
    parts = urllib.parse.urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=timeout)
    try:
        connection.request("GET", urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, "")))
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}".rstrip(": ")
    finally:
        connection.close()
    return None if any_status or status < 400 else f"it answered with status {status}"
