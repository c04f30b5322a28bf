"""What status, why and plan say of schedules. 2026-03-02 is a Monday."""

from datetime import timedelta

import pytest

from stackward.cli.schedule_turn import next_by_schedule
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.scaling.combine import combine, scheduled
from stackward.scaling.past import LastRequest, Past
from stackward.scaling.time_based import outlooks
from stackward.state.records import CommandStatus, Request
from tests.unit.cli.story import NOW, ask, bring_online, configure_all
from tests.unit.scaling.stacks import make, record, state_of, utc


def said(now, *records, past=None, data=None):
    stack = make(*([data] if data else []), timezone="Europe/Vienna")
    moment, pasts = utc(now), {"web2": past} if past else {}
    found = outlooks(stack, pasts, moment)
    decision = combine(scheduled(found.values()), state_of(*records), pasts, moment)
    return next_by_schedule(found["web2"], decision, moment)


def test_the_next_start_and_stop_are_told_by_the_local_clock():
    assert said("2026-03-01T12:00") == "starts 07:58 Mon (Europe/Vienna)"
    assert said("2026-03-02T12:00", record()) == "stops 20:00 Mon (Europe/Vienna)"


def test_a_far_day_has_its_date():
    assert said("2026-03-01T12:00", data={"2026-12-06": "10:00-16:00"}) == "starts 09:58 Sun 2026-12-06 (Europe/Vienna)"


def test_what_scale_has_not_done_yet_is_told_with_its_reason():
    assert said("2026-03-02T12:00", record(state=State.STOPPED)) == (
        "scale starts it: wanted Mon 2026-03-02 08:00 to 20:00 (Europe/Vienna), by its schedule"
    )
    assert said("2026-03-02T22:00", record()).startswith("scale stops it: not wanted until Tue 2026-03-03 08:00")


def test_a_persons_request_is_told_with_how_long_it_holds():
    asked = LastRequest(Desired.STOPPED, Initiator.USER, "anna on ctl", utc("2026-03-02T11:00"))
    assert said("2026-03-02T12:00", record(state=State.STOPPED), past=Past(asked)) == (
        "stop by anna on ctl holds until 20:00 Mon (Europe/Vienna)"
    )


def test_when_a_failed_start_is_tried_again_is_told():
    failed = record(state=State.START_FAILED, failure="no image", since=utc("2026-03-02T12:00"))
    past = Past(failures=(utc("2026-03-02T12:00"),))
    assert said("2026-03-02T12:01", failed, past=past) == (
        "tries to start it again 13:05 Mon (Europe/Vienna) — it failed once: no image"
    )


def test_what_only_a_person_can_mend_is_not_the_schedules_move():
    past = Past(failures=tuple(utc("2026-03-02T12:00") + timedelta(hours=hour) for hour in range(5)))
    assert said("2026-03-02T18:30", record(state=State.START_FAILED), past=past) is None


def test_a_schedule_that_never_changes_says_so():
    assert said("2026-03-02T12:00", record(), data={"daily": "00:00-24:00"}) == "wanted always, by its schedule"


@pytest.fixture
def late1(project):
    """The project's stack with an instance that is always wanted."""
    file = project / "inventory" / "shop.stack.yml"
    late = '  late1: {layers: [web], type: time, schedule: {daily: "00:00-24:00"}}\n'
    file.write_text(file.read_text().replace("apps:\n", f"{late}apps:\n"))
    return file


def instance(ran, name):
    return next(item for item in ran.json["stacks"][0]["instances"] if item["name"] == name)


def test_status_says_what_the_schedule_does_next(stackward, late1):
    found = instance(stackward("status", "-o", "json"), "late1")
    assert (found["type"], found["turn"]) == (
        "time", {"whose": "schedule", "text": "scale starts it: wanted always, by its schedule"}
    )  # fmt: skip
    assert found["schedule"] == {
        "wanted": True,
        "because": "wanted always, by its schedule",
        "changes": None,
        "timezone": "UTC",
        "start_ahead": 120,
        "holds": False,
    }
    assert instance(stackward("status", "-o", "json"), "web1")["schedule"] is None
    assert "next: scale starts it: wanted always, by its schedule" in stackward("status", columns=200).out
    assert "time" in stackward("status", columns=200).out


def test_a_command_that_failed_and_a_request_on_its_way_come_before_the_schedule(stackward, late1, told):
    bring_online(told, "late1", ("web",), "192.0.2.14")
    configure_all(told)
    assert instance(stackward("status", "-o", "json"), "late1")["turn"]["text"] == "wanted always, by its schedule"
    with told.transaction("shop") as write:
        epoch = write.state.instances["late1"].epoch
        run = write.begin_run("configure", "elsewhere", 1, 1.0, "anna", NOW)
        ask(write, "late1", "configure", epoch, run, CommandStatus.FAILED, "no such file")
    assert instance(stackward("status", "-o", "json"), "late1")["turn"]["whose"] == "you"
    with told.transaction("shop") as write:
        write.request("late1", Request(Desired.STOPPED, Initiator.AUTO_SCALING, "night", NOW))
    assert instance(stackward("status", "-o", "json"), "late1")["turn"]["whose"] == "converge"


def test_plan_shows_what_scale_would_ask_for(stackward, late1):
    ran = stackward("plan")
    assert ran.code == 0
    assert "shop: late1: scale: start (wanted always, by its schedule)" in ran.out
    [wish] = stackward("plan", "-o", "json").json["stacks"][0]["scaling"]["asks"]
    assert (wish["instance"], wish["desired"]) == ("late1", "online")
    assert "scale" not in stackward("plan", "--layer", "lb").out


def test_why_has_the_schedules_word(stackward, late1):
    said = stackward("why", "late1").out
    assert "  schedule: wanted always, by its schedule\n" in said
    assert "  next: scale starts it: wanted always, by its schedule\n" in said
