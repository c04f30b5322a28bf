"""People with accounts: those of the stack and those of each layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stackward.definition.baseline import Person
from stackward.layers.context import LayerContext
from stackward.layers.resources import Absent, File, Packages, People, Resource

SUDOERS = "/etc/sudoers.d/stackward"
_SHELL = "/bin/bash"


def people(contexts: Sequence[LayerContext]) -> tuple[Resource, ...]:
    """Return the accounts of an instance, and what they may do as root."""
    of_stack = [contexts[0].stack.people] if contexts else []
    sources = [*of_stack, *(context.layer.baseline.people for context in contexts)]
    persons = merged(person for source in sources for person in source.values())
    # Accounts come first: a name that belongs to somebody else is refused there, and must not be root's equal by then.
    return (People(name="users", people=_data(persons)), *_sudo([person.name for person in persons if person.sudo]))


def merged(persons: Iterable[Person]) -> tuple[Person, ...]:
    """Return each person once, by name: with all keys and groups, and with what only one place says."""
    found: dict[str, Person] = {}
    for person in persons:
        before = found.setdefault(person.name, person)
        found[person.name] = Person(
            name=person.name,
            ssh_keys=tuple(dict.fromkeys((*before.ssh_keys, *person.ssh_keys))),
            sudo=before.sudo or person.sudo,
            uid=before.uid if before.uid is not None else person.uid,
            shell=before.shell or person.shell,
            groups=tuple(sorted({*before.groups, *person.groups})),
            comment=before.comment or person.comment,
        )
    return tuple(found[name] for name in sorted(found))


def _data(persons: Sequence[Person]) -> tuple[dict[str, object], ...]:
    return tuple(
        {
            "account": person.name,
            "ssh_keys": list(person.ssh_keys),
            "uid": person.uid,
            "shell": person.shell or _SHELL,
            "groups": list(person.groups),
            "comment": person.comment or "",
        }
        for person in persons
    )


def _sudo(names: Sequence[str]) -> tuple[Resource, ...]:
    if not names:
        return (Absent(name="sudo rights", path=SUDOERS),)
    lines = "".join(f"{name} ALL=(ALL:ALL) NOPASSWD: ALL\n" for name in names)
    return (
        Packages(name="sudo", packages=("sudo",)),
        File(name="sudo rights", path=SUDOERS, content=lines, mode="0440", validate=("visudo", "-cqf", "%s")),
    )
