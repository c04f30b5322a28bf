# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What must be done so that a host has exactly these accounts of people, and nobody else's is touched. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from .outcome import Failed


@dataclass(frozen=True)
class Account:
    """An account that is on the host."""

    uid: int
    home: str
    shell: str
    comment: str
    groups: tuple = ()


@dataclass(frozen=True)
class Step:
    """One thing to do: forget, remove, rename (from C(old)), create or modify; C(changes) says what becomes of it."""

    action: str
    name: str
    old: str = ""
    changes: dict = field(default_factory=dict)


def steps(wanted, made, present):
    """Return the steps, departures first.

    C(wanted) are dictionaries by name; C(made) what is recorded of the accounts that are ours, by name; C(present) is
    every account of the host by name. Raises Failed where a name or number belongs to somebody else.
    """
    ours = {name for name, entry in made.items() if name in present and entry["uid"] in (None, present[name].uid)}
    renames = _renames(wanted, ours, present)
    _refuse_taken(wanted, ours, present)
    leaving = [name for name in sorted(made) if name not in wanted and name not in renames.values()]
    return (
        *(Step("remove" if name in ours else "forget", name) for name in leaving),
        *(_step(name, wanted[name], renames.get(name), ours, present) for name in sorted(wanted)),
    )


def _renames(wanted, ours, present):
    """Return the old names of those who keep their number under a new name."""
    by_number = {present[name].uid: name for name in ours if name not in wanted}
    return {
        name: by_number[entry["uid"]]
        for name, entry in wanted.items()
        if name not in present and entry["uid"] in by_number
    }


def _refuse_taken(wanted, ours, present):
    holders = {account.uid: name for name, account in present.items()}
    for name in sorted(wanted):
        if name in present and name not in ours:
            raise Failed(
                f"There is an account {name} on this host already (number {present[name].uid}), and Stackward has not "
                "made it. Give the user another name in the stack file, or remove that account."
            )
        number = wanted[name]["uid"]
        holder = holders.get(number)
        if number is not None and holder not in (None, name) and (holder not in ours or holder in wanted):
            raise Failed(
                f"The number {number} of user {name} belongs to the account {holder} on this host. Give the user "
                "another number in the stack file, or none."
            )


def _step(name, entry, old, ours, present):
    there = present[name] if name in ours else present[old] if old else None
    if there is None:
        return Step("create", name)
    changes = {
        key: entry[key]
        for key, current in (("shell", there.shell), ("comment", there.comment), ("groups", list(there.groups)))
        if entry[key] != current
    }
    if entry["uid"] not in (None, there.uid):
        changes["uid"] = entry["uid"]
    return Step("rename" if old else "modify", name, old or "", changes)
