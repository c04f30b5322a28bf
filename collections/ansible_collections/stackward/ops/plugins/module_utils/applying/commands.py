# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands on the host: run to the end or to their time limit, with nothing left behind."""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import subprocess
from dataclasses import dataclass

from .outcome import UNCHANGED, Failed, Outcome

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Done:
    """How a command ended: exit status (negative: the signal), standard output, and both outputs together."""

    status: int
    stdout: str
    output: str


def tail(output, lines=20):
    """Return the last lines of an output, indented."""
    kept = output.strip().splitlines()[-lines:]
    return "\n".join(f"  {line}" for line in kept) or "  (no output)"


def call(command, stdin="", user="root", directory="/", environment=None, timeout=60.0):
    """Run a command and return how it ended. Raises Failed if it cannot be started or does not end in time."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=directory,
            env=_environment(user, environment or {}),
            start_new_session=True,
            **_identity(user),
        )
    except OSError as error:
        raise Failed(f"{command[0]} cannot be started: {error.strerror} ({error.filename}).") from error
    try:
        stdout, stderr = process.communicate(stdin.encode("utf-8"), timeout=timeout)
    except subprocess.TimeoutExpired as error:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise Failed(f"{command[0]} did not end within {timeout:g} seconds and was killed.") from error
    out, err = stdout.decode("utf-8", "replace"), stderr.decode("utf-8", "replace")
    return Done(process.returncode, out, out + err)


def must(command, problem, **options):
    """Run a command that has to succeed, and return how it ended. Raises Failed: C(problem), and its last lines."""
    done = call(command, **options)
    if done.status != 0:
        raise Failed(f"{problem}:\n{tail(done.output)}")
    return done


def apply_run(resource, host):
    """Run a command unless what it is for is there already."""
    if resource["creates"] and os.path.exists(resource["creates"]):
        return UNCHANGED
    if resource["unless"] and _is_done(resource, host.check):
        return UNCHANGED
    if host.check:
        return Outcome(True, "would run")
    host.changing(resource)
    done = _call(resource, resource["command"], resource["input"])
    if done.status != 0:
        hidden = "  (hidden, as it may hold a secret)"
        raise Failed(f"The command {_ended(done.status)}:\n{hidden if resource['secret'] else tail(done.output)}")
    return Outcome(True, "ran")


def _is_done(resource, check):
    try:
        done = _call(resource, resource["unless"], "")
    except Failed:
        if check:
            return False
        raise
    if resource["unless_output"] is None:
        return done.status == 0
    return done.status == 0 and done.stdout.strip() == resource["unless_output"].strip()


def _call(resource, command, stdin):
    return call(
        command,
        stdin=stdin,
        user=resource["user"],
        directory=resource["directory"],
        environment=resource["environment"],
        timeout=resource["timeout"],
    )


def _ended(status):
    return f"ended with exit status {status}" if status >= 0 else f"was ended by signal {-status}"


def _environment(user, extra):
    home = "/root"
    if user != "root":
        home = _account(user).pw_dir
    return {"PATH": _PATH, "LANG": "C.UTF-8", "HOME": home, "USER": user, "LOGNAME": user, **extra}


def _identity(user):
    if user == "root":
        return {}
    account = _account(user)
    groups = os.getgrouplist(user, account.pw_gid)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": groups}


def _account(user):
    try:
        return pwd.getpwnam(user)
    except KeyError:
        raise Failed(f"There is no account {user} on this host.") from None
