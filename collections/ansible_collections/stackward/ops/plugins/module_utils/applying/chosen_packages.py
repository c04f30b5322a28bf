# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Packages that somebody chose: installed, and removed again when nobody chooses them any more."""

from __future__ import annotations

import os
import re

from .commands import call, must
from .outcome import UNCHANGED, Outcome
from .packages import APT_ENVIRONMENT, APT_OPTIONS, apply_packages

APT = "/usr/bin/apt-get"
_KIND = "packages"


def apply_chosen_packages(resource, host):
    """Install what is missing, and remove what only an earlier choice has brought and nothing else needs."""
    names, made = resource["packages"], host.made.of(_KIND)
    known = host.installed([*names, *made]) if names or made else set()
    missing = [name for name in names if name not in known]
    if missing and not host.check:
        host.made.remember(_KIND, {name: {} for name in missing})
    installed = apply_packages(resource, host) if names else UNCHANGED
    said = [installed.message] if installed.changed else []
    leaving = sorted(name for name in made if name not in names)
    for name in leaving:
        if name in known:
            said += _remove(name, set(leaving) & known, resource, host)
        if not host.check:
            host.made.forget(_KIND, name)
    return Outcome(True, "; ".join(said)) if said else UNCHANGED


def _remove(name, leaving, resource, host):
    """Remove one package, unless another one that stays needs it. It is then marked as brought in by that one."""
    needing = _removed_with(name) - leaving
    if host.check:
        return (
            [f"would leave {name}, which {', '.join(sorted(needing))} needs"] if needing else [f"would remove {name}"]
        )
    host.changing(resource)
    if needing:
        if os.path.exists(APT):
            _succeed(["apt-mark", "auto", name], name)
        return [f"left {name}, which {', '.join(sorted(needing))} needs"]
    if os.path.exists(APT):
        _succeed(["apt-get", "remove", "--assume-yes", "--quiet=2", *APT_OPTIONS, name], name)
    else:
        _succeed(["dnf", "remove", "--assumeyes", name], name)
    host.forget_packages()
    return [f"removed {name}"]


def _removed_with(name):
    """Return which other packages would go with a package."""
    if not os.path.exists(APT):
        done = call(["rpm", "--query", "--whatrequires", "--queryformat", "%{NAME}\n", name])
        return set(done.stdout.split()) if done.status == 0 else set()
    command = ["apt-get", "remove", "--simulate", "--quiet=2", name]
    done = must(command, f"apt-get does not tell what needs {name}", environment=APT_ENVIRONMENT, timeout=900)
    return {found for found in re.findall(r"^(?:Remv|Purg) (\S+)", done.stdout, re.MULTILINE) if found != name}


def _succeed(command, name):
    problem = f"{name} cannot be removed; {' '.join(command[:2])} failed"
    must(command, problem, environment=APT_ENVIRONMENT, timeout=3600)
