# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Resources applied one after another to this host."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from types import MappingProxyType

from .accounts import apply_user
from .answers import apply_answers, apply_listens, apply_succeeds
from .chosen_packages import apply_chosen_packages
from .chosen_services import apply_chosen_services
from .commands import apply_run
from .cron_jobs import apply_cron_jobs
from .files import apply_absent, apply_block, apply_directory, apply_file, apply_link, is_unit_file
from .kernel import apply_kernel_parameters
from .made import Made
from .outcome import Failed
from .packages import apply_packages, installed
from .people import apply_people
from .releases import apply_release, apply_releases
from .secrets import masked
from .services import RELOAD_UNITS, Notifications, Units, apply_service, systemctl
from .undo import Undo, put_back
from .unit_before import apply_unit_before
from .updates import apply_updates

_APPLY = {
    "absent": apply_absent,
    "answers": apply_answers,
    "block": apply_block,
    "chosen_packages": apply_chosen_packages,
    "chosen_services": apply_chosen_services,
    "cron_jobs": apply_cron_jobs,
    "directory": apply_directory,
    "file": apply_file,
    "kernel_parameters": apply_kernel_parameters,
    "link": apply_link,
    "listens": apply_listens,
    "packages": apply_packages,
    "people": apply_people,
    "release": apply_release,
    "releases": apply_releases,
    "run": apply_run,
    "service": apply_service,
    "succeeds": apply_succeeds,
    "unit_before": apply_unit_before,
    "updates": apply_updates,
    "user": apply_user,
}
_LOCK_WAIT = 120
"""Seconds to wait for another call on this host."""


class Host:
    """This host while resources are applied to it: what is known, what waits, what was done."""

    def __init__(
        self, resources, uploads, check, state_directory, undo="", hidden=frozenset(), bases=MappingProxyType({})
    ):
        self.check = check
        self._hidden = hidden
        self._undo = Undo(os.path.join(state_directory, "undo"), undo) if undo else None
        self.uploads = uploads
        self.bases = bases
        self.results = []
        self.warnings = []
        self.made = Made(os.path.join(state_directory, "made.json"), check)
        self.units = Units([unit for entry in resources for unit in _units(entry)])
        notified = [entry.partition(":")[2] for resource in resources for entry in resource.get("notify", ())]
        concerned = [unit for entry in resources for unit in _units(entry)] + [name for name in notified if name]
        self.notifications = Notifications(os.path.join(state_directory, "pending-notify.json"), check, concerned)
        self._packages = {name for entry in resources if "packages" in entry for name in entry["packages"]}
        self._installed = None

    def installed(self, names):
        """Return the installed packages among those of all resources; the host is asked once."""
        if self._installed is None:
            self._installed = installed(self._packages | set(names))
        return self._installed

    def forget_packages(self):
        """Ask again which packages are installed."""
        self._installed = None

    def changing(self, resource):
        """Announce a change: from here on its notifications survive this run, and it can be taken back."""
        if self._undo is not None:
            self._undo.remember(resource, self.units)
        self.units.forget()
        self.notifications.add(_notifications(resource))

    def warn(self, text):
        """Say something that is no failure and that a person should know."""
        if text not in self.warnings:
            self.warnings.append(text)

    def masked(self, text):
        """Return a text without secrets, fit to be cut."""
        return masked(text, self._hidden)

    def carry_out(self):
        """Carry out the notifications that wait, and record them."""
        for message in self.notifications.carry_out(self.units):
            self.results.append({"name": "notification", "changed": True, "message": message})

    def take_back(self):
        """Let everything be as it was before the changes that are remembered; restart what they had restarted."""
        if self._undo is None or self.check:
            return
        paths = [entry for entry in self._undo.entries if entry["kind"] == "path"]
        services = [entry for entry in self._undo.entries if entry["kind"] == "service"]
        for entry in services:
            if not entry["active"]:
                systemctl("stop", [entry["path"]])
        for entry in reversed(paths):
            self.units.forget()
            self.notifications.add(_notifications({**entry, "kind": "file"}))
            put_back(entry)
            self.results.append({"name": entry["path"], "changed": True, "message": "put back"})
        self.notifications.reload_units()
        for entry in services:
            if self.units.state(entry["path"])["LoadState"] == "not-found":
                self.notifications.drop(entry["path"])
            elif not entry["active"]:
                self.notifications.drop(entry["path"])
                if not entry["enabled"]:
                    systemctl("disable", [entry["path"]])
        self.carry_out()
        self._undo.forget()

    def apply(self, resource):
        """Apply one resource and return its outcome. Raises Failed with the name of the resource."""
        if resource["kind"] not in _APPLY:
            raise Failed(f"{resource['name']}: this host does not know the kind {resource['kind']!r} of resources.")
        try:
            outcome = _APPLY[resource["kind"]](resource, self)
        except Failed as error:
            raise Failed(f"{resource['name']}: {error}") from error
        if outcome.changed:
            if self.check:
                self.notifications.add(_notifications(resource))
            self.results.append({"name": resource["name"], "changed": True, "message": outcome.message})
        return outcome


def _units(resource):
    if resource["kind"] == "service":
        return [resource["unit"]]
    return list(resource["services"]) if resource["kind"] == "chosen_services" else []


def _notifications(resource):
    implied = [RELOAD_UNITS] if resource["kind"] in ("file", "absent") and is_unit_file(resource["path"]) else []
    return [*implied, *resource["notify"]]


@contextlib.contextmanager
def locked(state_directory):
    """Let no other call work on this host meanwhile. Raises Failed if one does so for too long."""
    os.makedirs(state_directory, mode=0o700, exist_ok=True)
    deadline = time.monotonic() + _LOCK_WAIT
    with open(os.path.join(state_directory, "ensure.lock"), "w", encoding="utf-8") as lock:
        while not _locks(lock):
            if time.monotonic() > deadline:
                raise Failed(f"Another run has been at work on this host for {_LOCK_WAIT} seconds.")
            time.sleep(0.5)
        yield


def _locks(file):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
