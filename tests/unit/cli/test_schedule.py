"""What `schedule preview` shows: windows as JSON, days as text, a calendar as a picture."""

import calendar
import sys
from datetime import UTC, date, datetime, timedelta

import pytest

TIMED = """\
  late1:
    layers: [web]
    type: time
    schedule: {daily: "02:30-04:00", except: ["03-30"]}
  "night[1:2]": {layers: [web], type: time}
"""


@pytest.fixture
def timed(project):
    """The project's stack with time-based instances in Vienna: one by schedule, two by the capacity of their layer."""
    file = project / "inventory" / "shop.stack.yml"
    text = (
        file.read_text()
        .replace("apps:\n", f"{TIMED}apps:\n")
        .replace("layers:\n", "timezone: Europe/Vienna\nlayers:\n", 1)
    )
    capacity = (
        'capacity: [{instances: 1, during: {sat-sun: "22:00-02:00"}}, {instances: 2, during: {mon: "08:00-09:00"}}]'
    )
    file.write_text(text.replace("  web:\n", f"  web:\n    {capacity}\n"))
    return file


def today():
    return datetime.now(UTC).astimezone().date()


def preview(stackward, file, *arguments, first="2026-03-28", last="2026-03-30"):
    return stackward("schedule", "preview", str(file), "--from", first, "--to", last, *arguments, columns=100)


def test_windows_are_a_list_in_utc_and_by_the_local_clock(stackward, timed):
    found = preview(stackward, timed, "--instance", "late1", "-o", "json").json
    assert found == [
        {
            "stack": "shop",
            "instance": "late1",
            "start": "2026-03-28T01:30:00Z",
            "end": "2026-03-28T03:00:00Z",
            "local_start": "2026-03-28T02:30:00+01:00",
            "local_end": "2026-03-28T04:00:00+01:00",
            "timezone": "Europe/Vienna",
            "flags": [],
            "because": "its schedule",
        },
        {
            "stack": "shop",
            "instance": "late1",
            "start": "2026-03-29T01:00:00Z",
            "end": "2026-03-29T02:00:00Z",
            "local_start": "2026-03-29T03:00:00+02:00",
            "local_end": "2026-03-29T04:00:00+02:00",
            "timezone": "Europe/Vienna",
            "flags": ["dst_day", "dst_gap"],
            "because": "its schedule",
        },
    ]


def test_every_window_that_has_a_part_in_the_days_is_shown_whole(stackward, timed):
    found = preview(stackward, timed, "--instance", "night1", "-o", "json", first="2026-03-29", last="2026-03-29").json
    assert [(item["start"], item["end"], item["because"]) for item in found] == [
        ("2026-03-28T21:00:00Z", "2026-03-29T01:00:00Z", "capacity 1 of layer web"),
        ("2026-03-29T20:00:00Z", "2026-03-30T00:00:00Z", "capacity 1 of layer web"),
    ]


def test_a_capacity_wants_the_first_instances_of_the_file(stackward, timed):
    found = preview(stackward, timed, "-o", "json").json
    assert [item["start"] for item in found if item["instance"] == "night2"] == ["2026-03-30T06:00:00Z"]
    assert len([item for item in found if item["instance"] == "night1"]) == 3


def test_the_table_marks_changes_of_the_clock_gaps_and_exceptions(stackward, timed):
    said = " ".join(preview(stackward, timed, "--instance", "late1").out.split())
    assert "late1 Europe/Vienna, by its schedule" in said
    assert "Sun 2026-03-29 03:00-04:00 DST: the clock goes forward 01:00; gap:" in said
    assert "Mon 2026-03-30 - except 03-30" in said


def test_the_table_says_of_hours_that_come_twice_and_of_overlaps(stackward, timed):
    timed.write_text(timed.read_text().replace('"02:30-04:00"', '"22:00-04:00", sun: "02:00-03:00"'))
    said = " ".join(preview(stackward, timed, "--instance", "late1", first="2026-10-25", last="2026-10-25").out.split())
    assert "DST: the clock goes back 01:00" in said
    assert "overlap" in said


def test_a_window_around_a_change_of_the_clock_is_told_as_one_with_how_long_it_lasts(stackward, timed):
    timed.write_text(timed.read_text().replace("02:30-04:00", "02:15-02:45"))
    said = " ".join(preview(stackward, timed, "--instance", "late1", first="2026-10-25", last="2026-10-25").out.split())
    assert "Sun 2026-10-25 02:15-02:45 DST" in said
    assert "so that it is wanted for 01:30" in said


def test_hours_that_the_clock_skips_are_told(stackward, timed):
    timed.write_text(timed.read_text().replace("02:30-04:00", "02:15-02:45"))
    said = " ".join(preview(stackward, timed, "--instance", "late1").out.split())
    assert "Sun 2026-03-29 03:00-03:30 DST: the clock goes forward 01:00" in said
    assert "gap: 02:15-02:45 is skipped as a whole, and is wanted right after it" in said


def test_a_window_that_never_ends_has_no_end(stackward, timed):
    timed.write_text(timed.read_text().replace("02:30-04:00", "00:00-24:00").replace('["03-30"]', '"2026-03-01"'))
    [found] = preview(stackward, timed, "--instance", "late1", "-o", "json").json
    assert (found["start"], found["end"], found["local_end"]) == ("2026-03-01T23:00:00Z", None, None)
    assert "all day" in preview(stackward, timed, "--instance", "late1").out


def test_a_stack_without_time_based_instances_has_nothing_to_show(stackward, project):
    assert stackward("schedule", "preview", "-o", "json").json == []
    assert stackward("schedule", "preview").out == "There is no time-based instance.\n"


def test_a_week_from_today_is_shown_unless_said_otherwise(stackward, timed):
    before = today()
    shown = stackward("schedule", "preview", "--instance", "late1").out
    # Marks of a day may take lines of their own.
    days = [line.split()[1] for line in shown.splitlines() if line[:3] in calendar.day_abbr]
    first = date.fromisoformat(days[0])
    assert before <= first <= today()
    assert days == [f"{first + timedelta(days=number)}" for number in range(7)]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--from", "2026-02-30"), 2, "'2026-02-30' is no date; write one such as 2026-03-28."),
        (("--from", "soon"), 2, "'soon' is no date"),
        (("--from", "1066-10-14"), 2, "1066-10-14 is out of reach"),
        (("--from", "2026-03-02", "--to", "2026-03-01"), 2, "--to 2026-03-01 is before --from 2026-03-02"),
        (("--from", "2000-01-01", "--to", "2026-03-01"), 2, "3660 days are the most"),
        (("--picture", "calendar.pdf"), 2, "calendar.pdf is neither .svg nor .png"),
        (("--instance", "web1"), 1, "web1 is not of type time, so it has no schedule."),
        (("--instance", "lote1"), 1, "There is no instance 'lote1'; did you mean \"late1\"?"),
        (("nowhere.stack.yml",), 1, "nowhere.stack.yml:1: file: cannot be read"),
    ],
)
def test_a_mistake_on_the_command_line_is_said(stackward, timed, arguments, code, said):
    ran = stackward("schedule", "preview", *arguments)
    assert ran.code == code
    assert said in " ".join(ran.err.replace("│", " ").split())


def test_describe_has_the_hours_of_an_instance_and_the_capacity_of_a_layer(stackward, timed):
    found = stackward("describe", "late1", "-o", "json").json
    assert found["hours"]["monday"] == "02:30-04:00"
    assert found["hours"]["except"] == "03-30"
    layer = stackward("describe", "web", "-o", "json").json
    assert layer["capacity"][1] == {"instances": 2, "timezone": "Europe/Vienna", "monday": "08:00-09:00"}
    assert layer["start_ahead"] == "as starts take"


def test_the_help_has_examples(stackward):
    ran = stackward("schedule", "preview", "--help")
    assert "  For example:\n    stackward schedule preview" in ran.out
    assert all(len(line) <= 80 for line in ran.out.splitlines())


@pytest.mark.parametrize(("name", "begins"), [("calendar.png", b"\x89PNG"), ("calendar.svg", b"<?xml")])
@pytest.mark.parametrize("last", ["2026-03-30", "2026-04-30", "2026-12-31"])
def test_a_picture_is_drawn(stackward, timed, project, name, begins, last):
    ran = preview(stackward, timed, "--picture", name, last=last)
    assert ran.code == 0, ran.err
    assert (project / name).read_bytes().startswith(begins)
    assert ran.out.endswith(f"drawn in {name}\n")


def test_a_picture_without_matplotlib_says_what_to_install(stackward, timed, project, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    ran = preview(stackward, timed, "--picture", "calendar.png")
    assert (ran.code, "pip install 'stackward[pictures]'" in ran.err) == (1, True)
    assert not (project / "calendar.png").exists()
