"""What every source of measurements promises. Your own is held to it as the built-in ones are: plugins/README.md."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from stackward.errors import MetricsError, StackwardError
from stackward.metrics.alarm import Alarm, AlarmState
from stackward.metrics.sample import Sample
from stackward.observe.metrics.base import Answer, Question, Source, Target

NOW = datetime.now(UTC).replace(microsecond=0)
LATE = timedelta(minutes=10)
TARGETS = (
    Target("web1", ("web",), "192.0.2.1", 22, "i-web1"),
    Target("web2", ("web", "db"), "192.0.2.2", 22, "i-web2"),
)
QUESTION = Question(NOW, TARGETS, {"web": ("queue",)}, ("slow", "broken"))


@dataclass(frozen=True)
class Subject:
    """What the contract needs of a source.

    `metric` is a metric of instances that it can measure. `show` arranges that the instances have these values of it;
    an instance that is not named does not answer at all. `alarms`, where it knows any, arranges the states of alarms.
    `unreachable` is such a source of which nothing can be asked, None where only single instances can be out of reach.
    """

    source: Source
    metric: str
    show: Callable[[Mapping[str, float]], None]
    alarms: Callable[[Mapping[str, AlarmState]], None] | None = None
    unreachable: Source | None = None


class SourceContract:
    """Subclass it, and give the fixture `subject`."""

    def ask(self, subject: Subject, **changes) -> Answer:
        return subject.source.ask(replace(QUESTION, **changes))

    def values(self, subject: Subject, answer: Answer) -> dict[str, float]:
        return {
            sample.subject: sample.value
            for sample in answer.samples
            if sample.metric == subject.metric and not math.isnan(sample.value)
        }

    def test_each_instance_has_its_value(self, subject: Subject):
        subject.show({"web1": 12.5, "web2": 90.0})
        assert self.values(subject, self.ask(subject)) == {"web1": 12.5, "web2": 90.0}

    def test_values_say_when_they_were_measured_and_by_whom(self, subject: Subject):
        subject.show({"web1": 12.5, "web2": 90.0})
        for sample in self.ask(subject).samples:
            assert isinstance(sample, Sample)
            assert NOW - LATE <= sample.at <= NOW
            assert sample.at.utcoffset() == timedelta(0)
            assert sample.source

    def test_an_instance_that_is_silent_has_no_value_and_the_others_have_theirs(self, subject: Subject):
        subject.show({"web1": 12.5})
        assert self.values(subject, self.ask(subject)) == {"web1": 12.5}

    def test_nobody_is_measured_who_was_not_asked_about(self, subject: Subject):
        subject.show({"web1": 12.5, "web2": 90.0})
        assert set(self.values(subject, self.ask(subject, targets=TARGETS[:1]))) == {"web1"}

    def test_without_instances_nothing_is_said_of_any(self, subject: Subject):
        subject.show({})
        assert self.values(subject, self.ask(subject, targets=())) == {}

    def test_asking_again_says_the_same(self, subject: Subject):
        subject.show({"web1": 12.5, "web2": 90.0})
        assert self.values(subject, self.ask(subject)) == self.values(subject, self.ask(subject))

    @pytest.mark.parametrize("state", AlarmState)
    def test_an_alarm_that_is_known_has_its_state_and_one_that_is_not_is_left_out(self, subject: Subject, state):
        if subject.alarms is None:
            assert self.ask(subject).alarms == {}
            return
        subject.show({"web1": 12.5})
        subject.alarms({"slow": state})
        answer = self.ask(subject)
        assert set(answer.alarms) == {"slow"}
        assert isinstance(answer.alarms["slow"], Alarm)
        assert answer.alarms["slow"].state is state
        assert self.ask(subject, alarms=()).alarms == {}

    def test_one_that_cannot_be_asked_says_so_in_a_sentence(self, subject: Subject):
        if subject.unreachable is None:
            subject.show({})
            answer = self.ask(subject)
            assert self.values(subject, answer) == {}
            assert len(answer.failures) == len(TARGETS)
            return
        with pytest.raises(MetricsError, match=r"^[A-Z/].*\.?$") as caught:
            subject.unreachable.ask(QUESTION)
        assert isinstance(caught.value, StackwardError)
