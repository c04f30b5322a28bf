# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""systemd units: their state, asked for once, and the notifications that wait for the end."""

from __future__ import annotations

from . import durable
from .commands import call, tail
from .outcome import UNCHANGED, Failed, Outcome

_ENABLED = frozenset({"enabled", "enabled-runtime", "static", "indirect", "generated", "alias", "transient", "linked"})
_RUNNING = frozenset({"active", "activating", "reloading"})
RELOAD_UNITS = "daemon-reload"


def unit_name(name):
    """Return the full name of a unit: a bare name means a service."""
    return name if "." in name else f"{name}.service"


def is_running(state):
    """Return whether a unit runs, or is about to."""
    return state["ActiveState"] in _RUNNING


def is_enabled(state):
    """Return whether a unit starts with the host."""
    return state["UnitFileState"] in _ENABLED


def is_held_back(state):
    """Return whether systemd was asked to start a unit and a condition of the unit did not hold."""
    return (
        state["ActiveState"] == "inactive"
        and state.get("ConditionResult") == "no"
        and state.get("ConditionTimestampMonotonic", "0") != "0"
    )


class Units:
    """What systemd says of the units that this call is about."""

    def __init__(self, names):
        self._names = [unit_name(name) for name in names]
        self._known = {}

    def forget(self):
        """Ask again next time, as something on the host has changed."""
        self._known.clear()

    def state(self, name):
        """Return LoadState, ActiveState, UnitFileState and conditions of a unit; all units are asked for together."""
        unit = unit_name(name)
        if unit not in self._known:
            self._ask(list(dict.fromkeys([*self._names, unit])))
        return self._known[unit]

    def _ask(self, units):
        properties = ["LoadState", "ActiveState", "UnitFileState", "ConditionResult", "ConditionTimestampMonotonic"]
        done = call(["systemctl", "show", *(f"--property={name}" for name in properties), "--", *units])
        blocks = done.stdout.strip().split("\n\n") if done.stdout.strip() else []
        if done.status != 0 or len(blocks) != len(units):
            raise Failed(f"systemd does not tell the state of {', '.join(units)}:\n{tail(done.output)}")
        self._known = {
            unit: dict(line.split("=", 1) for line in blocks[place].splitlines() if "=" in line)
            for place, unit in enumerate(units)
        }


def apply_service(resource, host):
    """Enable and start a unit, or disable and stop it."""
    unit = unit_name(resource["unit"])
    host.notifications.reload_units()
    state = host.units.state(unit)
    active, enabled = is_running(state) or is_held_back(state), is_enabled(state)
    if state["LoadState"] == "not-found":
        if not resource["running"]:
            return UNCHANGED
        if not host.check:
            raise Failed(f"There is no unit {unit} on this host.")
    if state["LoadState"] == "masked" and resource["running"]:
        raise Failed(f"The unit {unit} is masked on this host; systemctl unmask {unit} makes it usable again.")
    if resource["running"]:
        actions = [*([] if enabled else ["enable"]), *([] if active else ["start"])]
    else:
        stopped = state["ActiveState"] in ("inactive", "failed")
        actions = [*([] if stopped else ["stop"]), *(["disable"] if state["UnitFileState"] == "enabled" else [])]
    if not actions:
        return UNCHANGED
    if not host.check:
        host.changing(resource)
        if state["ActiveState"] == "failed":
            call(["systemctl", "reset-failed", unit])
        for action in actions:
            systemctl(action, [unit])
        host.units.forget()
        if "start" in actions:
            host.notifications.drop(unit)
            if is_held_back(host.units.state(unit)):
                host.warn(f"systemd does not start {unit} on this host: a condition of the unit does not hold.")
    return Outcome(True, in_the_past(actions))


def in_the_past(actions):
    """Return what was done to a unit in words."""
    names = {"enable": "enabled", "start": "started", "stop": "stopped", "disable": "disabled"}
    return " and ".join(names[action] for action in actions)


def systemctl(action, units):
    """Do something with units. Raises Failed with the last log lines of those that failed."""
    done = call(["systemctl", action, *units], timeout=600)
    if done.status != 0:
        logs = "".join(f"\nThe log of {unit} ends with:\n{log_of(unit)}" for unit in units)
        raise Failed(f"systemctl {action} {' '.join(units)} failed:\n{tail(done.output)}{logs}")


def log_of(unit):
    """Return the last lines that a unit has logged."""
    done = call(["journalctl", f"--unit={unit}", "--lines=15", "--no-pager", "--output=cat", "--quiet"])
    return tail(done.output, 15)


class Notifications:
    """Restarts and reloads that wait. They are on disk before what causes them, so that a killed run loses none."""

    def __init__(self, path, check, concerned):
        self._path = path
        self._check = check
        self._waiting = _load(path)
        self._inherited = frozenset(self._waiting)
        self._concerned = {unit_name(name) for name in concerned}

    @property
    def waiting(self):
        """Return what waits, in the order in which it was asked for."""
        return tuple(self._waiting)

    def add(self, notifications):
        """Let notifications wait, and put them on disk."""
        new = [entry for entry in notifications if entry not in self._waiting]
        if new:
            self._waiting.extend(new)
            self._save()

    def drop(self, unit):
        """Forget what waits for a unit that has just been started anyway."""
        kept = [entry for entry in self._waiting if unit_name(entry.partition(":")[2]) != unit]
        if kept != self._waiting:
            self._waiting = kept
            self._save()

    def reload_units(self):
        """Let systemd read its units again if one has changed."""
        if RELOAD_UNITS in self._waiting and not self._check:
            systemctl("daemon-reload", [])
            self._waiting.remove(RELOAD_UNITS)
            self._save()

    def carry_out(self, units):
        """Do what waits: reload the units, restart, reload services. Return what was done."""
        if not self._waiting:
            return []
        if not self._check:
            self.reload_units()
            units.forget()
        left = [entry for entry in self._waiting if self._is_anothers(entry) and not self._is_gone(entry, units)]
        restarts = self._units("restart", units)
        reloads = [unit for unit in self._units("reload", units) if unit not in restarts]
        if not self._check:
            for action, names in (("restart", restarts), ("reload-or-restart", reloads)):
                if names:
                    failed = [name for name in names if units.state(name)["ActiveState"] == "failed"]
                    if failed:
                        call(["systemctl", "reset-failed", *failed])
                    systemctl(action, names)
            units.forget()
            self._waiting = left
            self._save()
        would = "would be " if self._check else ""
        return [
            f"{unit}: {would}{verb}"
            for verb, names in (("restarted", restarts), ("reloaded", reloads))
            for unit in names
        ]

    def _units(self, action, units):
        found = []
        for entry in self._waiting:
            kind, name = entry.split(":", 1) if ":" in entry else (entry, "")
            unit = unit_name(name)
            if kind != action or unit in found:
                continue
            if self._is_anothers(entry) or (entry in self._inherited and self._is_gone(entry, units)):
                continue
            found.append(unit)
        return found

    def _is_anothers(self, entry):
        """Return whether an earlier call left this behind, for a unit that the present one is not about.

        A service that cannot start must not fail what does not concern it, such as the Setup before its next deploy.
        """
        return entry in self._inherited and ":" in entry and unit_name(entry.split(":", 1)[1]) not in self._concerned

    @staticmethod
    def _is_gone(entry, units):
        return ":" in entry and units.state(unit_name(entry.split(":", 1)[1]))["LoadState"] == "not-found"

    def _save(self):
        if self._check:
            return
        durable.write(self._path, self._waiting)


def _load(path):
    found = durable.read(path, [], "restart the services of this host and remove it.")
    return [entry for entry in found if isinstance(entry, str)]
