"""What holds of any schedules' outlook, whenever one looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from stackward.definition.model import Instance, InstanceType, Layer
from stackward.scaling.schedule.windows import wanted_at
from stackward.scaling.time_based import outlooks
from tests.property.scaling.test_windows import moments, schedules
from tests.stacks import small_stack

SECOND = timedelta(seconds=1)
aheads = st.sampled_from([0.0, 60.0, 120.0, 3600.0])


def outlook(schedule, ahead, moment):
    stack = replace(
        small_stack(apps=False),
        layers={"web": Layer("web", start_ahead=ahead)},
        instances={"web2": Instance("web2", ("web",), InstanceType.TIME, schedule=schedule)},
    )
    return outlooks(stack, {}, moment)["web2"]


@given(schedules, aheads, moments)
def test_what_is_wanted_stays_until_the_change_that_is_told_and_changes_then(schedule, ahead, moment):
    found = outlook(schedule, ahead, moment)
    if found.changes is None:
        return
    assert found.changes > moment
    assert outlook(schedule, ahead, found.changes - SECOND).desired is found.desired
    assert outlook(schedule, ahead, found.changes - SECOND).changes == found.changes
    assert outlook(schedule, ahead, found.changes).desired is not found.desired


@given(schedules, moments)
def test_without_a_start_ahead_it_is_the_level_of_the_schedule(schedule, moment):
    """I13: what is wanted is a function of the time alone."""
    assert (outlook(schedule, 0.0, moment).desired.value == "online") == wanted_at([schedule], moment)


@given(schedules, aheads, moments)
def test_it_is_online_whenever_the_schedule_wants_it(schedule, ahead, moment):
    if wanted_at([schedule], moment) or wanted_at([schedule], moment + timedelta(seconds=ahead)):
        assert outlook(schedule, ahead, moment).desired.value == "online"
