"""The changes that bring them to what the stack file wants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from stackward.known_resource import KnownResource, ResourceKind


class Verb(Enum):
    """What is done to a resource."""

    CREATE = "create"
    AWAIT = "wait for"
    UPDATE = "update"
    ATTACH = "attach"
    REGISTER = "register"
    DEREGISTER = "deregister"
    DETACH = "detach"
    DELETE = "delete"

    @property
    def sign(self) -> str:
        """How a diff shows it."""
        if self in (Verb.UPDATE, Verb.AWAIT):
            return "~"
        return "-" if self in (Verb.DEREGISTER, Verb.DETACH, Verb.DELETE) else "+"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one resource, and why. `data` is what the provider needs to carry it out.

    `shown` is the resource in words, `before` and `after` what is different about it. `known` is to be remembered
    before it is carried out, `forgets` names what is to be forgotten after it. `tells` says that the online instances
    are to know of it.
    """

    kind: ResourceKind
    verb: Verb
    name: str
    shown: str
    reason: str
    data: Mapping[str, Any] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    known: KnownResource | None = None
    forgets: str | None = None
    instance: str | None = None
    tells: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """What nobody wants any more, and is not deleted for the data in it."""

    kind: ResourceKind
    name: str
    shown: str
    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """What is wanted of an instance that its machine cannot have as it is now, and what has to happen first."""

    kind: ResourceKind
    name: str
    shown: str
    reason: str


@dataclass(frozen=True, slots=True)
class Foreign:
    """A member of a load balancer that is none of this stack's. It is never touched."""

    balancer: str
    member: str


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that has to be done about resources now, in order.

    `moving` are carried out with the move of their instance, and `later` once something else has happened to it.
    `forgotten` are known resources that are gone already. `problems` are what the stack file names and nobody has.
    `unenforced` says what the provider has no means for, and what is otherwise than the file wants it.
    """

    changes: tuple[Change, ...] = ()
    moving: tuple[Change, ...] = ()
    later: tuple[Later, ...] = ()
    kept: tuple[Kept, ...] = ()
    foreign: tuple[Foreign, ...] = ()
    forgotten: tuple[KnownResource, ...] = ()
    problems: tuple[str, ...] = ()
    unenforced: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing would be changed."""
        return not self.changes and not self.forgotten
