"""Schedules as the model has them."""

from __future__ import annotations

from datetime import date

import pytest

from stackward.definition.model import InstanceType
from stackward.definition.schedule import Dates, Hours

from .conftest import Load

OFFICE = 'type: time, schedule: {mon-fri: "08:00-20:00", except: ["12-24..12-26"]}'


def with_db1(valid: str, written: str) -> str:
    assert "db1: {layers: [db]}" in valid
    return valid.replace("db1: {layers: [db]}", f"db1: {{layers: [db], {written}}}")


def test_a_schedule_is_read_with_weekdays_and_exceptions(valid: str, load_stack: Load) -> None:
    instance = load_stack(with_db1(valid, OFFICE)).instances["db1"]
    assert instance.type is InstanceType.TIME
    assert instance.schedule is not None
    assert instance.schedule.weekly == ((Hours(480, 1200),),) * 5 + ((), ())
    assert instance.schedule.excepted == (Dates(date(2000, 12, 24), date(2000, 12, 26), yearly=True),)
    assert instance.schedule.hours_on(date(2026, 12, 23)) == (Hours(480, 1200),)
    assert instance.schedule.hours_on(date(2026, 12, 24)) == ()


def test_an_instance_of_type_load_has_no_schedule(valid: str, load_stack: Load) -> None:
    scaled = valid.replace("uses: database\n", "uses: database\n    scaling: {load: {}}\n")
    instance = load_stack(with_db1(scaled, "type: load")).instances["db1"]
    assert (instance.type, instance.schedule) == (InstanceType.LOAD, None)


@pytest.mark.parametrize(
    ("key", "weekdays"),
    [
        ("daily", range(7)),
        ("mon", [0]),
        ("monday", [0]),
        ("sat,sun", [5, 6]),
        ("fri-mon", [4, 5, 6, 0]),
        ("mon-wed, sat", [0, 1, 2, 5]),
    ],
)
def test_weekdays_are_named_singly_in_ranges_and_in_lists(
    valid: str, load_stack: Load, key: str, weekdays: list[int]
) -> None:
    schedule = (
        load_stack(with_db1(valid, f'type: time, schedule: {{"{key}": "22:00-02:00"}}')).instances["db1"].schedule
    )
    assert schedule is not None
    assert {day for day, hours in enumerate(schedule.weekly) if hours == (Hours(1320, 1560),)} == set(weekdays)


@pytest.mark.parametrize("text", ["08:00-20:00", "22:00-02:00", "00:00-24:00", "20:30-24:00"])
def test_hours_are_written_as_they_were_read(valid: str, load_stack: Load, text: str) -> None:
    schedule = load_stack(with_db1(valid, f'type: time, schedule: {{mon: "{text}"}}')).instances["db1"].schedule
    assert schedule is not None
    assert [str(hours) for hours in schedule.weekly[0]] == [text]


ZONES = [
    ("", "", "", "", "UTC"),
    ("Europe/Vienna", "", "", "", "Europe/Vienna"),
    ("Europe/Vienna", "Europe/London", "", "", "Europe/London"),
    ("Europe/Vienna", "Europe/London", "Asia/Tokyo", "", "Asia/Tokyo"),
    ("Europe/Vienna", "Europe/London", "Asia/Tokyo", "Asia/Seoul", "Asia/Seoul"),
]


@pytest.mark.parametrize(("stack", "layer", "instance", "own", "expected"), ZONES)
def test_the_nearest_time_zone_counts(
    valid: str, load_stack: Load, stack: str, layer: str, instance: str, own: str, expected: str
) -> None:
    written = "type: time" + (f", timezone: {instance}" if instance else "")
    schedule = 'mon: "08:00-20:00"' + (f", timezone: {own}" if own else "")
    text = with_db1(valid, f"{written}, schedule: {{{schedule}}}")
    text = text.replace("uses: database", f"uses: database\n    timezone: {layer}") if layer else text
    found = load_stack(text + (f"timezone: {stack}\n" if stack else "")).instances["db1"].schedule
    assert found is not None
    assert found.timezone == expected


def test_a_grid_is_in_utc_whatever_is_around_it(valid: str, load_stack: Load) -> None:
    grid = 'grid: {monday: {"8": on, "9": on, "10": off, "23": "on"}}'
    text = with_db1(valid, f"type: time, schedule: {{{grid}}}") + "timezone: Europe/Vienna\n"
    schedule = load_stack(text).instances["db1"].schedule
    assert schedule is not None
    assert schedule.timezone == "UTC"
    assert schedule.weekly[0] == (Hours(480, 600), Hours(1380, 1440))
    own = load_stack(text.replace("{grid:", "{timezone: Asia/Tokyo, grid:")).instances["db1"].schedule
    assert own is not None
    assert own.timezone == "Asia/Tokyo"


def test_a_layer_says_how_many_of_its_instances_are_wanted_when(valid: str, load_stack: Load) -> None:
    text = valid.replace(
        "uses: server",
        "uses: server\n    timezone: Europe/Vienna\n    start_ahead: 5m\n    capacity:\n"
        '      - {instances: 1, during: {mon-fri: "08:00-20:00"}}\n'
        '      - {instances: 2, during: {fri: "16:00-19:00", timezone: UTC}}',
    ).replace('"web[1:2]": {layers: [web]}', '"web[1:2]": {layers: [web], type: time}')
    layer = load_stack(text).layers["web"]
    assert [(item.instances, item.during.timezone) for item in layer.capacity] == [(1, "Europe/Vienna"), (2, "UTC")]
    assert layer.start_ahead == 300.0


@pytest.mark.parametrize(("written", "expected"), [("true", None), ("false", 0.0), ("90", 90.0)])
def test_start_ahead_is_measured_off_or_fixed(
    valid: str, load_stack: Load, written: str, expected: float | None
) -> None:
    text = valid.replace("uses: server", f"uses: server\n    start_ahead: {written}")
    assert load_stack(text).layers["web"].start_ahead == expected
