"""Holding an instance for maintenance, and giving it back."""

from datetime import UTC, datetime, timedelta

import pytest

from stackward.cli.acting import later
from stackward.engine import scaling
from stackward.state.store import open_store

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def late1(project):
    file = project / "inventory" / "shop.stack.yml"
    late = '  late1: {layers: [web], type: time, schedule: {daily: "00:00-24:00"}}\n'
    file.write_text(file.read_text().replace("apps:\n", f"{late}apps:\n"))
    return "late1"


def its(stackward, name):
    found = stackward("status", "-o", "json").json["stacks"][0]["instances"]
    return next(item for item in found if item["name"] == name)


def test_a_held_instance_is_left_alone_by_scaling_until_it_is_released(stackward, late1, stack):
    held = stackward("hold", late1, "--why", "new disk")
    assert (held.code, held.out) == (0, "late1 is held until it is released: new disk\n")
    assert "shop: late1: scale: start withheld: held for maintenance by" in stackward("plan").out
    found = its(stackward, late1)
    assert found["maintenance"]["why"] == "new disk"
    assert found["turn"]["whose"] == "you"
    assert found["turn"]["text"].endswith("— new disk")
    assert stackward("release-hold", late1).out == "late1 is released\n"
    assert "shop: late1: scale: start (wanted always" in stackward("plan").out
    assert its(stackward, late1)["maintenance"] is None
    assert stackward("release-hold", late1).out == "late1 was not held\n"


def test_a_hold_ends_at_its_time(stackward, late1):
    answer = stackward("hold", late1, "--why", "x", "--until", "2h", "-o", "json").json
    since, until = (datetime.fromisoformat(answer["maintenance"][key]) for key in ("since", "until"))
    assert until - since == timedelta(hours=2)
    from stackward.definition.loader import load

    stack = load("inventory/shop.stack.yml", environment={})
    with open_store(stack.state) as store:
        before = scaling.preview(store, stack, until - timedelta(seconds=1)).decision
        after = scaling.preview(store, stack, until + timedelta(seconds=1)).decision
    assert ([item.instance for item in before.withheld], before.asks) == (["late1"], ())
    assert [wish.instance for wish in after.asks] == ["late1"]


def test_who_held_it_and_why_is_in_the_journal(stackward, told):
    stackward("hold", "web1", "--why", "looking at a leak")
    stackward("release-hold", "web1")
    said = stackward("why", "web1").out
    assert "held for maintenance: looking at a leak" in said
    assert "released from maintenance" in said


def test_releasing_what_never_ran_makes_no_state(stackward, project):
    assert stackward("release-hold", "web1").out == "web1 was not held\n"
    assert not (project / "var").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("web1",), 2, "--why"),
        (("wob1", "--why", "x"), 1, 'did you mean "web1"?'),
        (("web1", "--why", "x", "--until", "soon"), 2, "'soon' is no time"),
        (("web1", "--why", "x", "--until", "2020-01-01"), 1, "which is over"),
        (("hold", "late1", "--why", " "), 2, "it is empty; write it for whoever finds it like that"),
    ],
)
def test_a_hold_that_makes_no_sense_is_refused(stackward, arguments, code, said):
    ran = stackward("hold", *arguments)
    assert ran.code == code
    assert said in " ".join(ran.err.split())


def test_until_is_a_duration_a_time_or_alater():
    assert later("1h30m", NOW) == NOW + timedelta(minutes=90)
    assert later("2026-03-02T18:00+02:00", NOW) == datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
    for text in ("00:00", "12:00", "23:59"):
        found = later(text, NOW)
        assert NOW < found <= NOW + timedelta(days=1)
        assert f"{found.astimezone():%H:%M}" == text


@pytest.mark.parametrize("arguments", [("hold", "web1"), ("pause", "healing")], ids=" ".join)
def test_the_reason_is_named_as_with_every_other_command(stackward, told, arguments):
    assert stackward(*arguments, "--reason", "new disk").code == 0
    assert "Missing option '--reason'" in stackward(*arguments).err
