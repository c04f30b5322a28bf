"""A small fleet, and what its witnesses say of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from stackward.definition.model import Healing, Instance, Layer
from stackward.lifecycle.health import Answer, Remedy, Witness
from stackward.lifecycle.states import State
from stackward.state.records import InstanceRecord, JournalEntry, MachineRecord, Sighting, StackState
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ALIVE, SILENT, STOPPED, GONE, UNKNOWN = Answer.ALIVE, Answer.SILENT, Answer.STOPPED, Answer.GONE, Answer.UNKNOWN
IMPAIRED, RECLAIMED = Answer.IMPAIRED, Answer.RECLAIMED
NAMES = ("web1", "web2", "web3", "web4")


def before(**span):
    return NOW - timedelta(**span)


def stack_of(names=NAMES, **healing):
    return replace(
        small_stack(apps=False),
        layers={"web": Layer("web", healing=Healing(**healing))},
        instances={name: Instance(name, ("web",)) for name in names},
    )


def record(name, state=State.ONLINE, **changes):
    machine = MachineRecord(token=name, attempt=1, parameters={}, id=f"m-{name}", address="192.0.2.7")
    given = {"since": before(hours=3), "machine": machine, **changes}
    return InstanceRecord(name=name, layers=("web",), state=state, **given)


def state_of(*records, names=NAMES, **changes):
    known = {item.name: item for item in records}
    instances = {name: known.get(name) or record(name) for name in names}
    return StackState("shop", 3, instances, {}, (), {}, **changes)


def saw(name, *, since=None, **answers):
    """Sightings of an instance by witness, such as ssh=SILENT."""
    return tuple(
        Sighting(name, Witness(witness), answer, f"{witness} says so", NOW, since or before(minutes=10))
        for witness, answer in answers.items()
    )


def lost(name, **changes):
    return saw(name, **{"ssh": SILENT, "peer": SILENT, "provider": ALIVE, **changes})


def everybody(*sightings, names=NAMES):
    """The sightings, and that all others are well."""
    seen = {item.instance for item in sightings}
    return (*sightings, *(item for name in names if name not in seen for item in saw(name, ssh=ALIVE)))


def entry(kind, at, **data):
    return JournalEntry(1, at, kind, "heal", "web1", None, "", data)


def tried(*remedies, at=None):
    return [entry("heal", at or before(minutes=60 - place), remedy=item.value) for place, item in enumerate(remedies)]


REBOOT, RESTART, REPLACE, SETUP = Remedy.REBOOT, Remedy.RESTART, Remedy.REPLACE, Remedy.SETUP
CONFIGURE = Remedy.CONFIGURE
