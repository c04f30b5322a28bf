"""Writes to instances: requests, states, machines, and what was seen of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select, update

from stackward.errors import TransitionError
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import MEMBERS, State, may_follow
from stackward.state.records import CommandStatus, MachineRecord, Request, Sighting
from stackward.state.tables import UNFINISHED, commands, instances, maintenance, sightings, stacks
from stackward.state.writing import NAMED, OF, StackWrites

_CREATE = insert(instances)
_LAYERS = update(instances).where(instances.c.stack == OF, instances.c.name == NAMED)
_FORGET = delete(instances).where(instances.c.stack == OF, instances.c.name == NAMED)
_FORGOTTEN_EPOCH = select(stacks.c.forgotten_epoch).where(stacks.c.name == OF)
_REMEMBER_EPOCH = update(stacks).where(stacks.c.name == OF)
_GIVE_BACK = delete(maintenance).where(maintenance.c.stack == OF, maintenance.c.instance == NAMED)
_SEE = insert(sightings)
_FORGET_SIGHTINGS = delete(sightings).where(sightings.c.stack == OF)
_RAN = select(instances.c.ran).where(instances.c.stack == OF, instances.c.name == NAMED)
_SKIP = update(commands).where(commands.c.stack == OF, commands.c.instance == NAMED, UNFINISHED)


class InstanceWrites(StackWrites):
    """What may be written about instances."""

    def put_instance(
        self, name: str, layers: tuple[str, ...], now: datetime, uses: Mapping[str, str] | None = None
    ) -> None:
        """Make an instance known, as stopped; of one that is known, remember the layers.

        `uses` are the built-in layers of its layers, None where what is known of them stays.
        """
        given = {} if uses is None else {"uses": uses}
        if self._change(_LAYERS, named=name, layers=layers, **given) == 0:
            self._insert(
                _CREATE,
                name=name,
                layers=layers,
                **given,
                state=State.STOPPED,
                since=now,
                failure="",
                configured=-1,
                reboot_wanted=False,
                epoch=self._find(_FORGOTTEN_EPOCH).scalar_one(),
            )

    def forget_instance(self, name: str, epoch: int, now: datetime | None = None) -> None:
        """Remove an instance that is gone, with its claim. Journal and commands stay; unfinished ones are skipped.

        Raises StaleEpochError if another run has claimed it since.
        """
        row = self._held_row(name, epoch)
        if row.state in MEMBERS:
            self._next_generation()
        self._change(
            _SKIP,
            named=name,
            status=CommandStatus.SKIPPED,
            finished=now or datetime.now(UTC),
            failure="The instance is gone.",
        )
        self._change(_FORGET, named=name)
        self._change(_GIVE_BACK, named=name)
        # An epoch given twice would let a run of the time before write to the instance of that name to come.
        if epoch > self._find(_FORGOTTEN_EPOCH).scalar_one():
            self._change(_REMEMBER_EPOCH, forgotten_epoch=epoch)

    def request(self, instance: str, request: Request) -> None:
        """Remember what is wanted, in place of what was wanted before. Raises StateError for an unknown instance."""
        self._update(
            instance,
            desired=request.desired,
            initiator=request.initiator,
            reason=request.reason,
            requested=request.at,
            remedy=request.remedy,
            forced=request.force,
        )

    def clear_request(self, instance: str, epoch: int) -> None:
        """The request has been carried out. Raises StaleEpochError if another run has claimed the instance since."""
        self._update_held(
            instance, epoch, desired=None, initiator=None, reason=None, requested=None, remedy=None, forced=None
        )

    def want_reboot(self, instance: str, wanted: bool) -> None:
        """Ask for a reboot, or say that it is done. Raises StateError for an unknown instance."""
        self._update(instance, reboot_wanted=wanted)

    def advance(
        self,
        instance: str,
        epoch: int,
        to: State,
        now: datetime,
        *,
        failure: str = "",
        actor: str,
        text: str = "",
        run: int | None = None,
    ) -> None:
        """Change an instance's state and write it to the journal; nothing happens if it is in that state.

        Entering the online set, or leaving it, starts a new generation. Raises StaleEpochError if another run has
        claimed the instance since, TransitionError if the state cannot follow.
        """
        current: State = self._held_row(instance, epoch).state
        if current is to:
            return
        if not may_follow(current, to):
            raise TransitionError(
                f"{instance} is {current.value} and cannot become {to.value} from there. "
                f"This is a fault in Stackward or in what called it; nothing was changed."
            )
        self._update(instance, state=to, since=now, failure=failure)
        data: dict[str, object] = {"from": current.value, "to": to.value}
        if failure:
            data["failure"] = failure
        if (current in MEMBERS) != (to in MEMBERS):
            data["generation"] = self._next_generation()
        self.note(
            "state",
            text or f"{current.value} → {to.value}" + (f": {failure}" if failure else ""),
            actor=actor,
            now=now,
            instance=instance,
            run=run,
            data=data,
        )

    def set_machine(self, instance: str, epoch: int, machine: MachineRecord | None) -> None:
        """Remember the machine behind an instance, or that there is none.

        A new or other elastic address starts a new generation; so does, while the instance is online, any change of
        its addresses. Of another machine than before it is not known what has run there. Raises StaleEpochError if
        another run has claimed the instance since.
        """
        row = self._held_row(instance, epoch)
        elastic, address = (machine.elastic_address, machine.address) if machine else (None, None)
        if row.token is not None and (machine is None or machine.token != row.token):
            self._update(instance, ran=None)
        self._update(
            instance,
            token=machine.token if machine else None,
            attempt=machine.attempt if machine else None,
            parameters=machine.parameters if machine else None,
            machine=machine.id if machine else None,
            address=address,
            port=machine.port if machine else None,
            elastic_address=elastic,
            zone=machine.zone if machine else None,
            host_keys=machine.host_keys if machine else (),
        )
        moved = row.state in MEMBERS and (address, elastic) != (row.address, row.elastic_address)
        if moved or elastic not in (None, row.elastic_address):
            self._next_generation()

    def configured(self, instance: str, epoch: int, generation: int) -> None:
        """A Configure of that generation was successful. Raises StaleEpochError if another run has claimed it since."""
        self._update_held(instance, epoch, configured=generation)

    def set_ran(self, instance: str, epoch: int, event: Event, parts: Mapping[str, str] | None) -> None:
        """What an event has run on the instance, to its end; with None that is not known, as it has only begun.

        Raises StaleEpochError if another run has claimed it since.
        """
        self._held_row(instance, epoch)
        known: dict[str, Mapping[str, str]] = dict(self._find(_RAN, named=instance).scalar_one() or {})
        if parts is None and event.value not in known:
            return
        known.pop(event.value, None)
        if parts is not None:
            known[event.value] = parts
        self._update(instance, ran=known)

    def see(self, seen: Iterable[Sighting]) -> None:
        """Remember what the witnesses saw last, in place of everything that they saw before."""
        self._change(_FORGET_SIGHTINGS)
        rows = [
            {
                "stack": self._stack,
                "instance": item.instance,
                "witness": item.witness,
                "answer": item.answer,
                "text": item.text,
                "at": item.at,
                "since": item.since,
            }
            for item in seen
        ]
        if rows:
            self._connection.execute(_SEE, rows)
