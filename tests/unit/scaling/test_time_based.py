"""What schedules say of an instance at a moment, and next. 2026-03-02 is a Monday."""

import pytest

from stackward.lifecycle.states import Desired, Initiator
from stackward.scaling.past import LastRequest, Past
from stackward.scaling.time_based import outlooks
from tests.unit.scaling.stacks import make, utc


def outlook(now, data=None, *, past=None, name="web2", **options):
    stack = make(*([data] if data else []), **options)
    return outlooks(stack, {"web2": past} if past else {}, utc(now))[name]


@pytest.mark.parametrize(
    ("now", "desired", "changes"),
    [
        ("2026-03-02T07:57:59", Desired.STOPPED, "2026-03-02T07:58"),
        ("2026-03-02T07:58:00", Desired.ONLINE, "2026-03-02T20:00"),
        ("2026-03-02T19:59:59", Desired.ONLINE, "2026-03-02T20:00"),
        ("2026-03-02T20:00:00", Desired.STOPPED, "2026-03-03T07:58"),
        ("2026-03-07T12:00:00", Desired.STOPPED, "2026-03-09T07:58"),
    ],
)
def test_it_starts_ahead_of_its_window_and_stops_at_its_end(now, desired, changes):
    found = outlook(now)
    assert (found.desired, found.changes, found.ahead) == (desired, utc(changes), 120)


def test_nothing_else_has_an_outlook():
    assert list(outlooks(make(others=["web3"]), {}, utc("2026-03-02T12:00"))) == ["web2", "web3"]


def test_the_reason_names_the_window_by_the_local_clock_and_its_schedule():
    found = outlook("2026-03-02T12:00", timezone="Europe/Vienna")
    assert found.reason == "wanted Mon 2026-03-02 08:00 to 20:00 (Europe/Vienna), by its schedule"
    found = outlook("2026-03-02T22:00", timezone="Europe/Vienna")
    assert found.reason == "not wanted until Tue 2026-03-03 08:00 (Europe/Vienna), by its schedule"
    night = outlook("2026-03-02T23:00", {"mon": "22:00-02:00"})
    assert night.reason == "wanted Mon 2026-03-02 22:00 to Tue 2026-03-03 02:00 (UTC), by its schedule"


def test_windows_that_touch_by_their_start_ahead_for_weeks_are_one():
    daily = {"daily": "00:00-23:00", "2026-04-20": "12:00-13:00"}
    found = outlook("2026-03-02T12:00", daily, layer_settings={"start_ahead": 3600.0})
    assert (found.desired, found.changes) == (Desired.ONLINE, utc("2026-04-19T23:00"))
    endless = outlook("2026-03-02T12:00", {"daily": "00:00-23:00"}, layer_settings={"start_ahead": 3600.0})
    assert (endless.desired, endless.changes) == (Desired.ONLINE, None)


def test_always_and_never_again_are_said():
    always = outlook("2026-03-02T12:00", {"daily": "00:00-24:00"})
    assert (always.desired, always.changes, always.reason) == (Desired.ONLINE, None, "wanted always, by its schedule")
    never = outlook("2026-03-02T12:00", {"2026-03-01": "08:00-20:00"})
    assert (never.desired, never.changes) == (Desired.STOPPED, None)
    assert never.reason == "no schedule ever wants it again"


def test_a_window_of_next_year_is_found():
    found = outlook("2026-03-02T12:00", {"2027-12-24": "08:00-20:00"})
    assert found.changes == utc("2027-12-24T07:58")


def test_it_does_not_stop_between_windows_that_are_nearer_than_its_start_takes():
    past = Past(starts=(600.0,))
    data = {"mon": ["08:00-12:00", "12:05-13:00"]}
    found = outlook("2026-03-02T12:02", data, past=past)
    assert (found.desired, found.changes) == (Desired.ONLINE, utc("2026-03-02T13:00"))


def test_a_start_ahead_that_has_become_shorter_takes_no_start_back():
    asked = LastRequest(
        Desired.ONLINE, Initiator.AUTO_SCALING, "scale#1", utc("2026-03-02T07:50"), opening=utc("2026-03-02T08:00")
    )
    assert outlook("2026-03-02T07:55", past=Past(asked)).desired is Desired.ONLINE
    assert outlook("2026-03-03T07:55", past=Past(asked)).desired is Desired.STOPPED


def test_capacity_wants_the_first_instances_and_the_largest_number_counts():
    options = {
        "capacity": [(1, {"mon-fri": "07:00-22:00"}), (2, {"mon": "10:00-12:00"})],
        "others": ["web3", "web4"],
        "layer_settings": {"start_ahead": 0.0},
    }
    for now, expected in (("09:00", ["web3"]), ("11:00", ["web3", "web4"]), ("23:00", [])):
        found = outlooks(make(**options), {}, utc(f"2026-03-02T{now}"))
        assert [name for name in ("web3", "web4") if found[name].desired is Desired.ONLINE] == expected
    assert outlook("2026-03-02T11:00", name="web4", **options).reason.endswith("by capacity 2 of layer web")
    assert outlook("2026-03-02T11:00", name="web3", **options).changes == utc("2026-03-02T22:00")


def test_an_instance_beyond_the_capacity_is_never_wanted():
    found = outlook("2026-03-02T11:00", capacity=[(1, {"daily": "00:00-24:00"})], others=["web3", "web4"], name="web4")
    assert (found.desired, found.changes) == (Desired.STOPPED, None)


@pytest.mark.parametrize(
    ("at", "now", "stands"),
    [
        ("2026-03-02T10:00", "2026-03-02T10:01", True),
        ("2026-03-02T10:00", "2026-03-02T19:59", True),
        ("2026-03-02T10:00", "2026-03-02T20:00", False),
        ("2026-03-02T10:00", "2026-03-03T10:00", False),
        ("2026-03-02T21:00", "2026-03-03T07:57", True),
        ("2026-03-02T21:00", "2026-03-03T07:58", False),
        ("2026-03-06T21:00", "2026-03-09T07:57", True),
        ("2020-03-06T21:00", "2026-03-09T07:57", False),
    ],
)
def test_a_persons_request_stands_until_the_schedule_next_changes_its_word(at, now, stands):
    asked = LastRequest(Desired.STOPPED, Initiator.USER, "anna on ctl", utc(at))
    assert (outlook(now, past=Past(asked)).stands is not None) == stands


def test_a_request_of_scaling_itself_or_of_healing_does_not_stand():
    for initiator in (Initiator.AUTO_SCALING, Initiator.AUTO_HEALING):
        asked = LastRequest(Desired.STOPPED, initiator, "x", utc("2026-03-02T10:00"))
        assert outlook("2026-03-02T10:01", past=Past(asked)).stands is None


def test_who_registers_a_machine_leaves_it_to_its_schedule():
    asked = LastRequest(Desired.REGISTERED, Initiator.USER, "anna on ctl", utc("2026-03-02T10:00"))
    found = outlook("2026-03-02T10:01", past=Past(asked))
    assert (found.stands, found.desired) == (None, Desired.ONLINE)


def test_a_request_stands_for_ever_where_the_schedule_never_changes():
    asked = LastRequest(Desired.STOPPED, Initiator.USER, "anna on ctl", utc("2020-03-02T10:00"))
    assert outlook("2026-03-02T10:01", {"daily": "00:00-24:00"}, past=Past(asked)).stands == asked
