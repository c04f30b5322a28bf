# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parameters of the kernel: in force now, and at each boot by a file of their own."""

from __future__ import annotations

import os

from .files import apply_absent, apply_file
from .outcome import UNCHANGED, Failed, Outcome

_KIND = "kernel parameters"
ROOT = "/proc/sys"


def apply_kernel_parameters(resource, host):
    """Set parameters, and give those that have left the values that they had before."""
    wanted, made = resource["parameters"], host.made.of(_KIND)
    if not wanted and not made and not os.path.lexists(resource["path"]):
        return UNCHANGED
    said = []
    for name, value in wanted.items():
        if _current(name) == value:
            continue
        if name not in made:
            host.made.remember(_KIND, {name: {"before": _current(name)}})
        said += _set(name, value, resource, host)
    for name, entry in made.items():
        if name not in wanted:
            if os.path.exists(_path(name)) and _current(name) != entry["before"]:
                said += _set(name, entry["before"], resource, host)
            host.made.forget(_KIND, name)
    file = _file(resource, wanted, host)
    said += [f"{resource['path']}: {file.message}"] if file.changed else []
    return Outcome(True, "; ".join(said), file.before, file.after) if said else UNCHANGED


def _file(resource, wanted, host):
    if not wanted:
        return apply_absent(resource, host)
    content = "".join(f"{name} = {value}\n" for name, value in wanted.items())
    file = {**resource, "content": content, "owner": "root", "group": "root", "mode": "0644", "validate": []}
    return apply_file({**file, "secret": False}, host)


def _set(name, value, resource, host):
    if not is_writable(_path(name)):
        host.warn(
            f"The kernel parameter {name} cannot be set on this host: it is read-only, as most are in a container."
        )
        return []
    if not host.check:
        host.changing(resource)
        try:
            with open(_path(name), "w", encoding="utf-8") as file:
                file.write(value)
        except OSError as error:
            raise Failed(f"The kernel does not take {name} = {value}: {error.strerror}.") from error
    return [f"{name} = {value}"]


def is_writable(path):
    """Return whether root may write, which it may not where /proc is read-only."""
    return os.access(path, os.W_OK)


def _current(name):
    try:
        with open(_path(name), encoding="utf-8") as file:
            return " ".join(file.read().split())
    except FileNotFoundError:
        raise Failed(f"This host's kernel has no parameter {name}. A module that brings it may be missing.") from None
    except OSError as error:
        raise Failed(f"The kernel parameter {name} cannot be read: {error.strerror}.") from error


def _path(name):
    return os.path.join(ROOT, *name.split("."))
