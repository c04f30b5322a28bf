"""Which remedy comes next."""

from datetime import timedelta

import pytest

from stackward.healing.ladder import HEALED, Attempt, attempts, next_remedy, not_before, unfinished
from tests.unit.healing.fleet import CONFIGURE, NOW, REBOOT, REPLACE, RESTART, SETUP, before, entry, tried


@pytest.mark.parametrize(
    ("done", "following"),
    [
        ((), REBOOT),
        ((REBOOT,), RESTART),
        ((REBOOT, RESTART), REPLACE),
        ((REBOOT, RESTART, REPLACE), REPLACE),
        ((RESTART,), REPLACE),
        ((SETUP,), REBOOT),
    ],
)
def test_each_remedy_is_stronger_than_those_before(done, following):
    assert next_remedy((REBOOT, RESTART, REPLACE), [Attempt(item, NOW) for item in done]) is following


def test_the_next_one_waits_twice_as_long_each_time():
    assert not_before((), 60) is None
    assert not_before([Attempt(REBOOT, NOW)], 60) == NOW + timedelta(minutes=1)
    assert not_before([Attempt(REBOOT, before(hours=1)), Attempt(RESTART, NOW)], 60) == NOW + timedelta(minutes=2)
    assert not_before([Attempt(REBOOT, NOW)] * 4, 60) == NOW + timedelta(minutes=8)
    assert not_before([Attempt(REBOOT, NOW)], 5) == NOW + timedelta(seconds=5)


def test_what_was_well_for_long_fails_anew():
    history = [*tried(REBOOT, at=before(hours=5)), entry("state", before(hours=4), to="online")]
    assert attempts(history) == (Attempt(REBOOT, before(hours=5)),)
    again = [*history, *tried(REBOOT, at=before(hours=2))]
    assert attempts(again) == (Attempt(REBOOT, before(hours=2)),)
    just = [*history, *tried(RESTART, at=before(hours=3))]
    assert attempts(just) == (Attempt(RESTART, before(hours=3)),)
    soon = [*history, *tried(RESTART, at=before(hours=3, seconds=1))]
    assert [item.remedy for item in attempts(soon)] == [REBOOT, RESTART]


def test_a_person_who_asks_begins_anew_and_healing_itself_does_not():
    asked = [*tried(REBOOT), entry("request", NOW, desired="online", initiated_by="user")]
    assert attempts(asked) == ()
    healed = [*tried(REBOOT), entry("request", NOW, desired="online", initiated_by="auto-healing")]
    assert len(attempts(healed)) == 1


def test_a_milder_remedy_is_over_when_the_instance_is_well_again_for_long():
    history = [*tried(CONFIGURE, at=before(hours=5)), entry(HEALED, before(hours=4))]
    assert not unfinished(history)
    assert unfinished(tried(CONFIGURE))
    assert not unfinished(())
    again = [*history, *tried(CONFIGURE, at=before(hours=1))]
    assert attempts(again) == (Attempt(CONFIGURE, before(hours=1)),)


def test_a_machine_that_was_taken_back_is_no_try_once_its_instance_is_well_again():
    """Whoever is replaced so often is no worse than others; but a replacement that does not come is tried again."""
    taken = entry("heal", before(minutes=30), remedy="replace", health="reclaimed")
    online = entry("state", before(minutes=28), to="online")
    assert attempts([taken]) == attempts([taken, online]) == (Attempt(REPLACE, before(minutes=30)),)
    assert attempts([taken, online, entry(HEALED, before(minutes=27))]) == ()
    failed = entry("heal", before(minutes=29), remedy="replace", health="gone")
    twice = [taken, failed, online, entry(HEALED, before(minutes=27))]
    assert [item.at for item in attempts(twice)] == [before(minutes=30), before(minutes=29)]
