"""Schedules and capacities that are not accepted."""

from __future__ import annotations

import pytest

from .conftest import Problems

HOURS = 'write hours such as "08:00-20:00", or "22:00-02:00" for past midnight'
DATES = 'write dates such as "12-24..12-26" for every year, or "2026-12-31"'
WEEK = 'write hours by weekday, such as {mon-fri: "08:00-20:00"}'

SCHEDULES = {
    "not a mapping": ("always", f': is the string "always"; {WEEK}'),
    "empty": ("{}", f": opens at no time; {WEEK}"),
    "only exceptions": ("{except: 12-24}", f": opens at no time; {WEEK}"),
    "weekday": ('{mon-fry: "08:00-20:00"}', '.mon-fry: is no weekday and no date; did you mean "mon-fri"?'),
    "capitals": ('{Mon-Fri: "08:00-20:00"}', '.Mon-Fri: is no weekday and no date; did you mean "mon-fri"?'),
    "no weekday": (
        '{x: "08:00-20:00"}',
        ".x: is no weekday and no date; write weekdays (mon-fri, sat,sun, daily) or a date (2026-12-06)",
    ),
    "weekday twice": ('{"mon-wed,tue": "08:00-20:00"}', '."mon-wed,tue": has Tuesday twice; name each day once'),
    "other key": ('{mon: "08:00-20:00", excpt: 12-24}', '.excpt: unknown key; did you mean "except"?'),
    "hours": ('{mon: "8-20"}', f'.mon: "8-20" is not a part of the day; {HOURS}'),
    "a list without quotes": (
        '{sat,sun: "08:00-20:00"}',
        '.sat: has no hours; write hours such as "08:00-20:00"; a list of days in braces needs quotes: {"sat,…": …}',
    ),
    "one time": ('{mon: "08:00"}', f'.mon: "08:00" has no beginning and end; {HOURS}'),
    "hours a number": ("{mon: 8}", f".mon: is the number 8; {HOURS}"),
    "impossible hour": (
        '{mon: "08:00-25:00"}',
        '.mon: "08:00-25:00": there is no time 25:00; write times from 00:00 to 24:00',
    ),
    "impossible minute": (
        '{mon: "08:60-09:00"}',
        '.mon: "08:60-09:00": there is no time 08:60; write times from 00:00 to 24:00',
    ),
    "after the day": (
        '{mon: "24:00-02:00"}',
        '.mon: "24:00-02:00" begins at 24:00; let it begin at 00:00 on the next day',
    ),
    "empty window": ('{mon: "08:00-08:00"}', '.mon: "08:00-08:00" is empty; write "00:00-24:00" for the whole day'),
    "empty list": ("{mon: []}", ".mon: is an empty list; write at least one, or remove the key"),
    "date": ('{"2026-13-06": "08:00-20:00"}', f'.2026-13-06: "2026-13-06": there is no day 2026-13-06; {DATES}'),
    "date of no leap year": (
        '{mon: "08:00-20:00", except: 2026-02-29}',
        f'.except: "2026-02-29": there is no day 2026-02-29; {DATES}',
    ),
    "no date": ('{mon: "08:00-20:00", except: [christmas]}', f'.except[0]: "christmas" is not a date; {DATES}'),
    "date a number": ('{mon: "08:00-20:00", except: 24}', f".except: is the number 24; {DATES}"),
    "dates reversed": (
        '{mon: "08:00-20:00", except: 2026-12-26..2026-12-24}',
        '.except: "2026-12-26..2026-12-24" ends before it begins; write "2026-12-24..2026-12-26"',
    ),
    "dates half with a year": (
        '{mon: "08:00-20:00", except: 12-24..2026-12-26}',
        '.except: "12-24..2026-12-26" has a year at one end only; write the year at both ends, or at none',
    ),
    "date out of reach": (
        '{mon: "08:00-20:00", except: 3026-12-24}',
        '.except: "3026-12-24": the year 3026 is out of reach; write 1970 to 2199',
    ),
    "time zone": (
        '{mon: "08:00-20:00", timezone: Europe/Viena}',
        '.timezone: "Europe/Viena" is not a time zone; did you mean "Europe/Vienna"?',
    ),
    "grid": ("{grid: on}", '.grid: is the boolean true; write hours by weekday, such as {monday: {"8": on, "9": on}}'),
    "grid weekday": ('{grid: {mondy: {"8": on}}}', '.grid.mondy: is no weekday; did you mean "monday"?'),
    "grid hours": (
        "{grid: {monday: on}}",
        '.grid.monday: is the boolean true; write the hours, such as {"8": on, "9": on}',
    ),
    "grid hour": (
        '{grid: {monday: {"24": on}}}',
        '.grid.monday.24: there is no hour "24"; write hours from "0" to "23"',
    ),
    "grid switch": ('{grid: {monday: {"8": yep}}}', '.grid.monday.8: is the string "yep"; write on or off'),
    "grid always off": (
        '{grid: {monday: {"8": off}}}',
        '.grid: is on at no hour; switch hours on, such as {monday: {"8": on, "9": on}}',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_wrong_schedule_is_refused_with_line_path_and_remedy(valid: str, problems_of: Problems, name: str) -> None:
    written, problem = SCHEDULES[name]
    text = valid.replace("db1: {layers: [db]}", f"db1:\n    layers: [db]\n    type: time\n    schedule: {written}")
    assert problems_of(text) == [f"22: instances.db1.schedule{problem}"]


def test_every_mistake_of_a_schedule_is_named(valid: str, problems_of: Problems) -> None:
    text = valid.replace(
        "db1: {layers: [db]}",
        "db1:\n    layers: [db]\n    type: time\n    schedule:\n"
        '      mon-fri: ["08:00-25:00", "9"]\n      sa: "10:00-12:00"\n      except: [x, 12-32]\n      timezone: Mars',
    )
    assert [problem.split(":")[:2] for problem in problems_of(text)] == [
        ["23", " instances.db1.schedule.mon-fri[0]"],
        ["23", " instances.db1.schedule.mon-fri[1]"],
        ["24", " instances.db1.schedule.sa"],
        ["25", " instances.db1.schedule.except[0]"],
        ["25", " instances.db1.schedule.except[1]"],
        ["26", " instances.db1.schedule.timezone"],
    ]


WHOLE = {
    "schedule of a 24/7 instance": (
        'layers: [db], schedule: {mon: "08:00-20:00"}',
        ".schedule: a 24/7 instance has no schedule; write type: time, or remove the schedule",
    ),
    "schedule of a load-based instance": (
        'layers: [db], type: load, schedule: {mon: "08:00-20:00"}',
        ".schedule: a load-based instance has no schedule; write type: time, or remove the schedule",
    ),
    "no schedule": (
        "layers: [db], type: time",
        ": is time-based and nothing says when it is wanted; "
        'write schedule: {mon-fri: "08:00-20:00"}, or give one of its layers a capacity',
    ),
    "time zone without a schedule": (
        "layers: [db], timezone: UTC",
        ".timezone: counts for a schedule of its own only; write it at the layer or at the stack",
    ),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_schedule_fits_its_instance(valid: str, problems_of: Problems, name: str) -> None:
    written, problem = WHOLE[name]
    assert problems_of(valid.replace("db1: {layers: [db]}", f"db1: {{{written}}}")) == [f"19: instances.db1{problem}"]


def test_an_instance_whose_layers_are_in_different_zones_says_which_counts(valid: str, problems_of: Problems) -> None:
    text = (
        valid.replace("uses: server", "uses: server\n    timezone: Europe/Vienna")
        .replace("uses: database", "uses: database\n    timezone: Europe/London")
        .replace("db1: {layers: [db]}", 'db1: {layers: [db, web], type: time, schedule: {mon: "08:00-20:00"}}')
    )
    assert problems_of(text) == [
        "21: instances.db1.schedule: the layers of this instance are in different time zones "
        "(Europe/Vienna, Europe/London); write which one counts, such as timezone: Europe/Vienna"
    ]


CAPACITIES = {
    "not a list": (
        "2",
        ': is the number 2; write a list, such as [{instances: 2, during: {mon-fri: "08:00-20:00"}}]',
    ),
    "no mapping": (
        "[2]",
        '[0]: is the number 2; write a list, such as [{instances: 2, during: {mon-fri: "08:00-20:00"}}]',
    ),
    "unknown key": (
        '[{instances: 1, durin: 1, during: {mon: "08:00-20:00"}}]',
        '[0].durin: unknown key; did you mean "during"?',
    ),
    "no number": ('[{during: {mon: "08:00-20:00"}}]', "[0].instances: is missing; write instances: 2"),
    "number": (
        '[{instances: 0, during: {mon: "08:00-20:00"}}]',
        "[0].instances: is the number 0; write a whole number, 1 or more, such as 2",
    ),
    "no hours": ("[{instances: 1}]", '[0].during: is missing; write during: {mon-fri: "08:00-20:00"}'),
    "hours": ('[{instances: 1, during: {mon: "8"}}]', f'[0].during.mon: "8" has no beginning and end; {HOURS}'),
    "too many": (
        '[{instances: 3, during: {mon: "08:00-20:00"}}]',
        "[0].instances: 3 instances are wanted, and the layer has 2 of type time without a schedule of their own; "
        "add such instances to the layer, or write 2",
    ),
}


@pytest.mark.parametrize("name", CAPACITIES)
def test_a_wrong_capacity_is_refused(valid: str, problems_of: Problems, name: str) -> None:
    written, problem = CAPACITIES[name]
    text = valid.replace("uses: server", f"uses: server\n    capacity: {written}")
    text = text.replace('"web[1:2]": {layers: [web]}', '"web[1:2]": {layers: [web], type: time}')
    assert problems_of(text) == [f"11: layers.web.capacity{problem}"]


def test_a_capacity_without_instances_to_fill_it_is_refused(valid: str, problems_of: Problems) -> None:
    text = valid.replace("uses: server", 'uses: server\n    capacity: [{instances: 1, during: {mon: "08:00-20:00"}}]')
    assert problems_of(text) == [
        "11: layers.web.capacity[0].instances: 1 instances are wanted, and the layer has none of type time without "
        "a schedule of their own; add such instances to the layer, or remove the capacity"
    ]


def test_a_wrong_start_ahead_is_refused(valid: str, problems_of: Problems) -> None:
    assert problems_of(valid.replace("uses: server", "uses: server\n    start_ahead: soon")) == [
        '11: layers.web.start_ahead: "soon" is not a duration; '
        'write true (as long as starts take), false or a duration, such as "5m"'
    ]
