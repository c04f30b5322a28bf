"""What belongs to one incident."""

from dataclasses import replace
from datetime import timedelta

from stackward.healing.incidents import incidents
from stackward.healing.ladder import HEALED
from tests.unit.healing.fleet import NOW, before, entry


def story(*entries):
    return incidents([replace(item, id=number) for number, item in enumerate(entries, 1)])


LOST = entry("state", before(minutes=9), to="connection_lost")
HEAL = entry("heal", before(minutes=9), remedy="reboot")
AGAIN = entry("heal", before(minutes=6), remedy="restart")
WELL = entry(HEALED, before(minutes=5))
HELD = entry("healing-withheld", before(minutes=4))


def test_it_lasts_from_the_first_sign_until_the_instance_is_well_again():
    (found,) = story(entry("state", before(hours=1), to="online"), LOST, HEAL, AGAIN, WELL)
    assert (found.id, found.last, found.began, found.ended) == (2, 5, LOST.at, WELL.at)
    assert found.remedies == ("reboot", "restart")


def test_what_comes_after_it_was_well_is_another_one():
    first, second = story(LOST, HEAL, WELL, HELD)
    assert (first.ended, second.ended) == (WELL.at, None)
    assert (second.id, second.withheld) == (4, 1)


def test_a_person_who_takes_over_ends_it_and_healing_itself_does_not():
    asked = entry("request", before(minutes=1), initiated_by="user")
    assert story(LOST, HEAL, asked)[0].ended == asked.at
    assert story(LOST, HEAL, entry("request", before(minutes=9), initiated_by="auto-healing"))[0].ended is None


def test_silence_of_an_hour_parts_two():
    late = entry("healing-withheld", HELD.at + timedelta(hours=1, seconds=1))
    assert [item.id for item in story(HELD, late)] == [1, 2]
    assert len(story(HELD, entry("healing-withheld", NOW))) == 1


def test_nothing_has_befallen_whoever_was_well():
    assert story(entry("state", NOW, to="online"), entry("request", NOW, initiated_by="user")) == ()
