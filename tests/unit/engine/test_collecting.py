"""Sources are asked when it is their time, by one caller, and a failing one keeps nothing else from being known."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from stackward.definition.load_scaling import DEFAULT, UP
from stackward.definition.model import Layer, SourceChoice
from stackward.engine.collecting import collect
from stackward.errors import MetricsError
from stackward.lifecycle.states import State
from stackward.metrics.alarm import Alarm, AlarmState
from stackward.metrics.sample import Sample
from stackward.observe.metrics.base import Answer, Question
from stackward.state.records import MachineRecord
from stackward.state.store import open_store
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
POLICY = replace(DEFAULT, up=replace(UP, alarms=("slow",)), metrics=("requests",))
STACK = replace(
    small_stack(),
    layers={name: Layer(name, load_scaling=POLICY if name == "web" else None) for name in ("lb", "web", "db")},
    metrics={"one": SourceChoice("one", "kind"), "other": SourceChoice("other", "kind", every=300.0)},
)


@dataclass
class Asked:
    """A source that remembers what it was asked."""

    answer: Answer = field(default_factory=Answer)
    questions: list[Question] = field(default_factory=list)
    failure: str = ""

    def ask(self, question):
        self.questions.append(question)
        if self.failure:
            raise MetricsError(self.failure)
        return self.answer


@pytest.fixture
def store(tmp_path):
    with open_store(f"sqlite:///{tmp_path}/state.db") as opened:
        yield opened


def online(store, name, address):
    with store.transaction("shop") as write:
        write.put_instance(name, STACK.instances[name].layers, NOW)
        run = write.begin_run("start", "elsewhere", 1, 1.0, "test", NOW)
        epoch = write.claim(name, run, "start#1", NOW, NOW + MINUTE).epoch
        write.set_machine(name, epoch, MachineRecord(name, 1, {}, f"i-{name}", address))
        for state in (State.REQUESTED, State.PENDING, State.BOOTING, State.RUNNING_SETUP, State.ONLINE):
            write.advance(name, epoch, state, NOW, actor="start#1", run=run)
        write.end_run(run, NOW)


def asking(store, sources, now):
    return collect(store, STACK, lambda choice: sources[choice.name], lambda: now)


def test_each_source_is_asked_in_its_own_time(store):
    sources = {"one": Asked(), "other": Asked()}
    for minute in range(10):
        asking(store, sources, NOW + minute * MINUTE)
    assert [len(sources[name].questions) for name in sources] == [10, 2]


def test_a_timer_that_is_a_little_early_is_early_enough(store):
    sources = {"one": Asked(), "other": Asked()}
    asking(store, sources, NOW)
    asking(store, sources, NOW + 52 * SECOND)
    asking(store, sources, NOW + 90 * SECOND)
    assert len(sources["one"].questions) == 2


def test_callers_at_the_same_time_share_the_work(store, tmp_path):
    sources = {"one": Asked(), "other": Asked()}
    stores = [open_store(f"sqlite:///{tmp_path}/state.db") for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda one: asking(one, sources, NOW), stores))
    assert [len(sources[name].questions) for name in sources] == [1, 1]


def test_a_source_is_told_who_is_online_and_what_layers_go_by(store):
    online(store, "web1", "192.0.2.1")
    online(store, "db1", "192.0.2.2")
    source = Asked()
    asking(store, {"one": source, "other": Asked()}, NOW)
    [question] = source.questions
    assert [(target.instance, target.layers, target.address) for target in question.targets] == [
        ("web1", ("web",), "192.0.2.1"),
        ("db1", ("db",), "192.0.2.2"),
    ]
    assert question.targets[0].machine == "i-web1"
    assert (question.metrics, question.alarms) == ({"web": ("requests",)}, ("slow",))


def test_one_that_has_told_its_vitals_by_itself_is_said_to_have(store):
    online(store, "web1", "192.0.2.1")
    told = [Sample("web1", metric, NOW - 30 * SECOND, 5.0, "agent") for metric in ("cpu", "memory", "load")]
    with store.transaction("shop") as write:
        write.measure(told, NOW)
    source = Asked()
    asking(store, {"one": source, "other": Asked()}, NOW)
    asking(store, {"one": source, "other": Asked()}, NOW + 3 * MINUTE)
    assert [question.told for question in source.questions] == [{"web1"}, frozenset()]


def test_what_is_said_is_kept(store):
    sample = Sample("web1", "cpu", NOW, 42.0, "one")
    slow = Alarm(AlarmState.ALARM, NOW - MINUTE)
    asking(store, {"one": Asked(Answer((sample,), {"slow": slow}, ("web2: silent",))), "other": Asked()}, NOW)
    assert store.samples("shop", NOW - MINUTE, NOW) == (sample,)
    assert store.alarms("shop")["slow"].alarm == slow
    assert store.collections("shop")["one"].failure == "web2: silent"


def test_a_source_that_fails_is_named_and_stops_no_other(store):
    sample = Sample("web1", "cpu", NOW, 42.0, "other")
    wrong = asking(store, {"one": Asked(failure="refused"), "other": Asked(Answer((sample,)))}, NOW)
    assert wrong == {"one": "refused"}
    assert store.samples("shop", NOW - MINUTE, NOW) == (sample,)
    assert asking(store, {"one": Asked(), "other": Asked()}, NOW + MINUTE) == {}
    assert store.collections("shop")["one"].failure == ""


def test_one_of_somebody_elses_that_breaks_is_named_and_stops_no_other(store):
    class Broken:
        def ask(self, question):
            raise KeyError("fields")

    sample = Sample("web1", "cpu", NOW, 42.0, "other")
    assert asking(store, {"one": Broken(), "other": Asked(Answer((sample,)))}, NOW) == {"one": "KeyError: 'fields'"}
    assert store.samples("shop", NOW - MINUTE, NOW) == (sample,)
    assert store.collections("shop")["one"].failure == "KeyError: 'fields'"


def test_a_stack_without_sources_is_left_alone(store):
    numbers = count()
    stack = replace(STACK, metrics={})
    assert collect(store, stack, lambda _choice: next(numbers), lambda: NOW) == {}
    assert store.stacks() == ()
