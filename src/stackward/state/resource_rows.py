"""Writes and reads of what is remembered of resources beside machines."""

from __future__ import annotations

from sqlalchemy import Connection, Text, bindparam, delete, insert, select

from stackward.known_resource import KnownResource, ResourceKind
from stackward.state.tables import resources
from stackward.state.writing import OF, StackWrites

_KIND = bindparam("wanted_kind", type_=Text)
_NAME = bindparam("wanted_name", type_=Text)
_FORGET = delete(resources).where(resources.c.stack == OF, resources.c.kind == _KIND, resources.c.name == _NAME)
_REMEMBER = insert(resources)
_ALL = select(resources.c.kind, resources.c.name, resources.c.data).where(resources.c.stack == OF)
_SORTED = _ALL.order_by(resources.c.kind, resources.c.name)


class ResourceWrites(StackWrites):
    """What may be written about resources."""

    def resources(self) -> tuple[KnownResource, ...]:
        """Every resource that is remembered, as of now."""
        return read_resources(self._connection, self._stack)

    def remember_resource(self, known: KnownResource) -> None:
        """The stack has, or is about to have, this resource: before anybody is asked for it."""
        self.forget_resource(known.kind, known.name)
        self._insert(_REMEMBER, kind=known.kind.value, name=known.name, data=dict(known.data))

    def forget_resource(self, kind: ResourceKind, name: str) -> None:
        """The stack has this resource no more."""
        self._change(_FORGET, wanted_kind=kind.value, wanted_name=name)


def read_resources(connection: Connection, stack: str) -> tuple[KnownResource, ...]:
    """Every resource that is remembered of a stack."""
    rows = connection.execute(_SORTED, {"of": stack})
    return tuple(KnownResource(ResourceKind(row.kind), row.name, row.data) for row in rows)
