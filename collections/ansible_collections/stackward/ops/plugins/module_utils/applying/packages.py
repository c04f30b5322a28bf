# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Distribution packages: apt on Debian and Ubuntu, dnf on Fedora and its relatives."""

from __future__ import annotations

import glob
import os
import time

from .commands import call, must, tail
from .outcome import UNCHANGED, Failed, Outcome

_STATUS = "/var/lib/dpkg/status"
_UPDATES = "/var/lib/dpkg/updates"
_LISTS = "/var/lib/apt/lists/*_Packages*"
_WAIT = 300
"""Seconds to wait for another package manager to end."""

APT_ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8", "NEEDRESTART_MODE": "l"}
APT_OPTIONS = (
    f"--option=DPkg::Lock::Timeout={_WAIT}",
    "--option=Dpkg::Options::=--force-confdef",
    "--option=Dpkg::Options::=--force-confold",
)


def apply_packages(resource, host):
    """Install what is missing of some packages, all at once."""
    missing = [name for name in resource["packages"] if name not in host.installed(resource["packages"])]
    if not missing:
        return UNCHANGED
    if not host.check:
        host.changing(resource)
        _install(missing)
        host.forget_packages()
        left = [name for name in missing if name not in host.installed(missing)]
        if left:
            raise Failed(f"{', '.join(left)} cannot be found after the installation: name the real package instead.")
    return Outcome(True, f"{'would install' if host.check else 'installed'} {', '.join(missing)}")


def installed(names):
    """Return those of the packages that are installed."""
    if os.path.exists(_STATUS):
        with open(_STATUS, encoding="utf-8", errors="replace") as file:
            return installed_in(file.read(), names)
    if os.path.exists("/usr/bin/dnf"):
        return {name for name in names if call(["rpm", "--query", "--quiet", name]).status == 0}
    raise Failed("This host has neither apt nor dnf, so no packages can be installed.")


def installed_in(status, names):
    """Return those of the packages that a dpkg status file says are installed."""
    text = "\n" + status
    return {name for name in names if _is_installed(text, name)}


def _is_installed(text, name):
    start = 0
    while True:
        start = text.find(f"\nPackage: {name}\n", start)
        if start < 0:
            return False
        end = text.find("\n\n", start)
        if "\nStatus: install ok installed\n" in text[start : end if end >= 0 else None] + "\n":
            return True
        start += 1


def _install(names):
    if not os.path.exists(_STATUS):
        command = ["dnf", "install", "--assumeyes", "--setopt=install_weak_deps=False", *names]
        must(command, f"{' '.join(command)} failed", timeout=3600)
        return
    if os.listdir(_UPDATES):
        command = ["dpkg", "--configure", "--pending"]
        must(command, f"{' '.join(command)} failed", environment=APT_ENVIRONMENT, timeout=3600)
    if not glob.glob(_LISTS):
        update_lists()
    elif _apt_install(names).status == 0:
        return
    else:
        update_lists()
    done = _apt_install(names)
    if done.status != 0:
        raise Failed(f"apt-get could not install {', '.join(names)}:\n{tail(done.output)}")


def _apt_install(names):
    command = ["apt-get", "install", "--assume-yes", "--quiet=2", "--no-install-recommends", *APT_OPTIONS, *names]
    return call(command, environment=APT_ENVIRONMENT, timeout=3600)


def update_lists():
    """Fetch the lists of packages anew. Raises Failed."""
    # apt-get waits for dpkg's lock by itself, but not for the one on its lists.
    deadline = time.monotonic() + _WAIT
    while True:
        done = call(["apt-get", "update", "--quiet=2"], environment=APT_ENVIRONMENT, timeout=900)
        if done.status == 0:
            return
        if "Could not get lock" not in done.output or time.monotonic() > deadline:
            raise Failed(f"apt-get could not update its lists of packages:\n{tail(done.output)}")
        time.sleep(2)
