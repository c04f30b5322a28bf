"""A stack with time-based instances, and what is known of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from stackward.definition.model import Instance, InstanceType, Layer
from stackward.definition.schedule import Capacity
from stackward.definition.schedule_reading import read
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.state.records import InstanceRecord, JournalEntry, MachineRecord, Request, StackState
from tests.stacks import small_stack

MACHINE = MachineRecord(token="t", attempt=1, parameters={}, id="m", address="192.0.2.7")
OFFICE = {"mon-fri": "08:00-20:00"}


def utc(text):
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def schedule(data, timezone="UTC"):
    found, mistakes = read(data, (), timezone)
    assert mistakes == []
    return found


def make(data=OFFICE, *, timezone="UTC", capacity=(), others=(), layer_settings=None):
    """web1 is 24/7; web2 is time-based with the schedule; `others` have none of their own."""
    wanted = tuple(Capacity(number, schedule(when, timezone)) for number, when in capacity)
    return replace(
        small_stack(apps=False),
        layers={"web": Layer("web", capacity=wanted, **(layer_settings or {}))},
        instances={
            "web1": Instance("web1", ("web",)),
            "web2": Instance("web2", ("web",), InstanceType.TIME, schedule=schedule(data, timezone)),
            **{name: Instance(name, ("web",), InstanceType.TIME) for name in others},
        },
    )


def record(name="web2", state=State.ONLINE, *, request=None, **changes):
    machine = MACHINE if state not in (State.STOPPED, State.TERMINATED) else None
    return InstanceRecord(name=name, layers=("web",), state=state, machine=machine, request=request, **changes)


def state_of(*records):
    return StackState("shop", 3, {item.name: item for item in records}, {}, (), {})


def request(desired, initiator=Initiator.USER, at="2026-03-02T00:00"):
    return Request(desired, initiator, "because", utc(at))


class Journal:
    """Entries of one instance, in order."""

    def __init__(self):
        self.entries = []

    def _add(self, at, kind, data, actor="anna on ctl"):
        moment = utc(at) if isinstance(at, str) else at
        self.entries.append(JournalEntry(len(self.entries) + 1, moment, kind, actor, "web2", None, "", data))
        return self

    def asked(self, at, desired, initiator=Initiator.USER, opening=None):
        data = {"desired": desired.value, "initiated_by": initiator.value}
        if opening is not None:
            data["opening"] = utc(opening).isoformat()
        return self._add(at, "request", data)

    def reached(self, at, *states):
        for to in states:
            self._add(at, "state", {"to": to.value})
        return self

    def started(self, at, seconds):
        begin = utc(at)
        self.reached(begin, State.REQUESTED, State.PENDING, State.BOOTING, State.RUNNING_SETUP)
        return self.reached(begin + timedelta(seconds=seconds), State.ONLINE)


ONLINE, STOPPED = Desired.ONLINE, Desired.STOPPED
