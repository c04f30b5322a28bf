"""However often somebody looks, a silent instance is lost after its time and at most one look more."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from stackward.definition.model import Healing
from stackward.healing.sight import LONGEST_BREAK, Glance, continued
from stackward.healing.verdict import Health, by_instance, verdict
from stackward.lifecycle.health import Answer, Witness
from tests.unit.healing.fleet import NOW

TICKS = st.floats(1, LONGEST_BREAK.total_seconds())


@given(TICKS, st.floats(1, 900), st.floats(0, 1))
def test_detection_takes_the_configured_time_and_at_most_a_tick(tick, after, phase):
    died = NOW + timedelta(seconds=tick * phase)
    moment, seen, first = NOW, (), None
    while True:
        silent = moment > died
        first = moment if silent and first is None else first
        answer = Answer.SILENT if silent else Answer.ALIVE
        glances = [Glance("web1", Witness.SSH, answer), Glance("web1", Witness.PEER, answer)]
        seen = continued(seen, glances, moment)
        if verdict("web1", by_instance(seen)["web1"], Healing(after=after), moment).health is Health.LOST:
            break
        moment += timedelta(seconds=tick)
    assert first is not None
    # The first silent look is at most a tick after the death; from there, the time rounded up to looks.
    assert first - died <= timedelta(seconds=tick)
    assert timedelta(seconds=after) <= moment - first < timedelta(seconds=after + tick) + timedelta(milliseconds=1)


@given(TICKS, st.integers(1, 40))
def test_a_heartbeat_that_flaps_faster_than_that_is_never_a_verdict(tick, flips):
    seen, moment = (), NOW
    for number in range(flips):
        answer = Answer.SILENT if number % 2 else Answer.ALIVE
        glances = [Glance("web1", Witness.SSH, Answer.ALIVE), Glance("web1", Witness.HEARTBEAT, answer)]
        seen = continued(seen, glances, moment)
        found = verdict("web1", by_instance(seen)["web1"], Healing(after=tick * 2), moment)
        assert found.health is Health.WELL
        moment += timedelta(seconds=tick)
