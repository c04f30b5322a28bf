# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The accounts of people: made, kept as wanted, and removed when nobody names them any more."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import signal
import time

from . import own_keys
from .account_steps import Account, steps
from .commands import must
from .outcome import UNCHANGED, Failed, Outcome

_KIND = "accounts"
_TOO_LONG = 10
"""Seconds that killed processes may take to be gone."""
HOMES = "/home"
_LEFT_BEHIND = ("/var/spool/cron/crontabs/{}", "/var/lib/systemd/linger/{}")


def apply_people(resource, host):
    """Give the host exactly these accounts of people, beside all that Stackward has not made."""
    wanted = {entry["account"]: entry for entry in resource["people"]}
    made = host.made.of(_KIND)
    if not wanted and not made:
        return UNCHANGED
    present = _present()
    _refuse_unknown_groups(wanted)
    said = []
    for step in steps(wanted, made, present):
        said += _DO[step.action](step, wanted.get(step.name), present, resource, host)
    if not said:
        return UNCHANGED
    return Outcome(True, "; ".join(said))


def _present():
    groups = grp.getgrall()
    return {
        entry.pw_name: Account(
            entry.pw_uid,
            entry.pw_dir,
            entry.pw_shell,
            entry.pw_gecos,
            tuple(sorted(group.gr_name for group in groups if entry.pw_name in group.gr_mem)),
        )
        for entry in pwd.getpwall()
    }


def _refuse_unknown_groups(wanted):
    known = {group.gr_name for group in grp.getgrall()}
    for name, entry in sorted(wanted.items()):
        missing = [group for group in entry["groups"] if group not in known]
        if missing:
            raise Failed(f"The user {name} is to be in the group {missing[0]}, which is not on this host.")


def _forget(step, _entry, _present, _resource, host):
    host.made.forget(_KIND, step.name)
    return []


def _remove(step, _entry, present, resource, host):
    account = present[step.name]
    kept = f"{account.home}.departed-{account.uid}"
    has_home = os.path.isdir(account.home) and not os.path.islink(account.home)
    if not host.check:
        host.changing(resource)
        # Without a home there are no keys, so nobody comes back while processes are ended.
        if has_home:
            _put_aside(account.home, kept)
        _end_processes(account.uid)
        for path in _LEFT_BEHIND:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path.format(step.name))
        _succeed(["userdel", step.name])
        host.made.forget(_KIND, step.name)
    return [f"{step.name}: removed" + (f", home kept as {kept}" if has_home else "")]


def _create(step, entry, _present, resource, host):
    if not host.check:
        host.changing(resource)
        host.made.remember(_KIND, {step.name: {"uid": entry["uid"]}})
        # A star is no password at all; the default, an exclamation mark, locks out keys where PAM is not used.
        command = ["useradd", "--create-home", "--base-dir", HOMES, "--user-group", "--password", "*"]
        try:
            _succeed([*command, *_options(entry, ("shell", "comment", "uid")), *_groups(entry["groups"]), step.name])
        except Failed:
            host.made.forget(_KIND, step.name)
            raise
        account = pwd.getpwnam(step.name)
        host.made.remember(_KIND, {step.name: {"uid": account.pw_uid}})
        own_keys.write(account, entry["ssh_keys"])
    return [f"{step.name}: created"]


def _modify(step, entry, present, resource, host):
    said = [f"new {', '.join(sorted(step.changes))}"] if step.changes else []
    account = present[step.name]
    if step.changes and not host.check:
        host.changing(resource)
        # An account that was still being made when a run was killed is ours from its name on.
        host.made.remember(_KIND, {step.name: {"uid": None if "uid" in step.changes else account.uid}})
        _usermod(step, step.name)
    if host.made.of(_KIND)[step.name]["uid"] is None and not host.check:
        host.made.remember(_KIND, {step.name: {"uid": pwd.getpwnam(step.name).pw_uid}})
    said += _keys(step.name, entry, resource, host)
    return [f"{step.name}: {' and '.join(said)}"] if said else []


def _rename(step, entry, present, resource, host):
    if not host.check:
        host.changing(resource)
        old = present[step.old]
        host.made.remember(_KIND, {step.name: {"uid": old.uid}})
        _end_processes(old.uid)
        home = os.path.join(HOMES, step.name)
        _succeed(["usermod", "--login", step.name, "--home", home, "--move-home", step.old])
        if any(group.gr_name == step.old for group in grp.getgrall()):
            _succeed(["groupmod", "--new-name", step.name, step.old])
        _usermod(step, step.name)
        host.made.forget(_KIND, step.old)
        own_keys.write(pwd.getpwnam(step.name), entry["ssh_keys"])
    return [f"{step.name}: renamed from {step.old}"]


_DO = {"forget": _forget, "remove": _remove, "create": _create, "modify": _modify, "rename": _rename}


def _keys(name, entry, resource, host):
    account = pwd.getpwnam(name)
    if not os.path.lexists(account.pw_dir) and not host.check:
        os.mkdir(account.pw_dir, 0o700)
        os.chown(account.pw_dir, account.pw_uid, account.pw_gid)
    if own_keys.are(account, entry["ssh_keys"]):
        return []
    if not host.check:
        host.changing(resource)
        own_keys.write(account, entry["ssh_keys"])
    return ["new SSH keys"]


def _usermod(step, name):
    plain = _options(step.changes, ("shell", "comment", "uid"))
    groups = ["--groups", ",".join(step.changes["groups"])] if "groups" in step.changes else []
    if plain or groups:
        if "uid" in step.changes:
            _end_processes(pwd.getpwnam(name).pw_uid)
        _succeed(["usermod", *plain, *groups, name])


def _options(values, keys):
    return [word for key in keys if values.get(key) is not None for word in (f"--{key}", str(values[key]))]


def _groups(names):
    return ["--groups", ",".join(names)] if names else []


def _put_aside(home, kept):
    """Keep a home where only root can look into it, whatever is there already from an earlier account."""
    target, number = kept, 1
    while os.path.lexists(target):
        number += 1
        target = f"{kept}-{number}"
    try:
        os.rename(home, target)
        os.chown(target, 0, 0, follow_symlinks=False)
        os.chmod(target, 0o700)
    except OSError as error:
        raise Failed(f"{home} cannot be put aside as {target}: {error.strerror}.") from error


def _end_processes(uid):
    """Kill all processes of an account. Raises Failed if some do not go away."""
    deadline = time.monotonic() + _TOO_LONG
    while True:
        left = _processes(uid)
        if not left:
            return
        if time.monotonic() > deadline:
            raise Failed(f"The processes {', '.join(map(str, left))} of number {uid} cannot be ended.")
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.1)


def _processes(uid):
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with (
                contextlib.suppress(OSError),
                open(f"/proc/{entry}/status", encoding="utf-8", errors="replace") as file,
            ):
                fields = dict(line.split(":", 1) for line in file if ":" in line)
                if str(uid) in fields["Uid"].split() and not fields["State"].strip().startswith("Z"):
                    found.append(int(entry))
    return found


def _succeed(command):
    must(command, f"{command[0]} failed for {command[-1]}", timeout=600)
