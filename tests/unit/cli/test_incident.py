"""What is told of an incident, and that it can be replayed."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from stackward.engine import healing
from stackward.healing.sight import Glance
from stackward.lifecycle.health import Answer, Witness
from stackward.lifecycle.states import State
from stackward.state.records import MachineRecord, Sighting

NAMES = ("lb1", "web1", "web2", "web3", "db1")


@pytest.fixture
def lost(stack, store):
    """web2 has been silent for long, and healing has asked for a reboot."""
    begin = datetime.now(UTC) - timedelta(minutes=30)
    with store.transaction("shop") as transaction:
        for name in NAMES:
            transaction.put_instance(name, stack.instances[name].layers, begin)
            run = transaction.begin_run("start", "ctl", 1, 1.0, "anna", begin)
            claim = transaction.claim(name, run, "start", begin, begin)
            current = transaction.state.instances[name].state
            if current is not State.ONLINE:
                for state in (State.REQUESTED, State.PENDING, State.BOOTING, State.RUNNING_SETUP, State.ONLINE):
                    transaction.advance(name, claim.epoch, state, begin, actor="anna")
            transaction.set_machine(name, claim.epoch, MachineRecord(name, 1, {}, f"m-{name}", "192.0.2.7"))
            transaction.end_run(run, begin)

    def look(state, names, checks):
        silent = [Glance("web2", witness, Answer.SILENT, "no answer") for witness in (Witness.SSH, Witness.PEER)]
        return [*silent, *(Glance(name, Witness.SSH, Answer.ALIVE) for name in names if name != "web2")]

    for minute in range(10):
        now = begin + timedelta(minutes=10 + minute)
        sightings = healing.health_check(store, stack, look, lambda now=now: now)
        healing.request_healing(store, stack, sightings, actor="heal", now=now)
    return stack


@pytest.fixture
def number(lost, stackward):
    (found,) = stackward("incident", "--output", "json").json
    return str(found["id"])


def test_incidents_are_listed(lost, stackward):
    said = stackward("incident").out
    assert "web2" in said
    assert "open: reboot, 0 times withheld" in said


def test_one_that_passed_without_a_word_of_anybody_is_over(lost, store, stackward):
    with store.transaction("shop") as transaction:
        now = datetime.now(UTC)
        transaction.note("healing-withheld", "SSH is silent", actor="heal", now=now, instance="web3")

    def said(answer):
        with store.transaction("shop") as transaction:
            others = [item for item in transaction.sightings() if item.instance != "web3"]
            transaction.see([*others, Sighting("web3", Witness.SSH, answer, "", now, now)])
        return next(line for line in stackward("incident").out.splitlines() if "web3" in line)

    assert said(Answer.SILENT).endswith("open: no remedy, 1 times withheld")
    assert said(Answer.ALIVE).endswith("over: no remedy, 1 times withheld")


def test_one_is_told_with_who_saw_what_and_what_was_decided(number, stackward):
    said = stackward("incident", number).out
    assert "ssh: silent since" in said
    assert "peer: silent since" in said
    assert "reboot, try 1 of 5" in said
    kinds = [moment["what"] for moment in stackward("incident", number, "--output", "json").json["time_line"]]
    assert kinds.index("seen") < kinds.index("decided")


def test_one_is_exported_and_replayed_as_it_was(number, stackward, tmp_path):
    file = tmp_path / "incident.json"
    assert "1 decisions about web2" in stackward("incident", number, "--export", str(file)).out
    assert json.loads(file.read_text())["looks"][0]["decided"]["heals"][0][:2] == ["web2", "reboot"]
    ran = stackward("incident", "--replay", str(file))
    assert (ran.code, "as it was: web2: reboot" in ran.out) == (0, True)


def test_with_other_settings_it_is_decided_otherwise_and_the_exit_code_says_so(number, stackward, project, tmp_path):
    file = tmp_path / "incident.json"
    stackward("incident", number, "--export", str(file))
    file_of_stack = project / "inventory" / "shop.stack.yml"
    file_of_stack.write_text(file_of_stack.read_text().replace("  web:\n", "  web:\n    healing: {enabled: false}\n"))
    ran = stackward("incident", "--replay", str(file))
    assert ran.code == 2
    assert "was web2: reboot, web2: lost; is web2: withheld" in ran.out


def test_what_is_wrong_is_said(stackward, tmp_path):
    assert "There is no incident 7" in stackward("incident", "7").err
    assert stackward("incident", "--export", "x.json").code == 2
    (tmp_path / "x.json").write_text('{"stack": "shop"}')
    assert "is no exported incident" in stackward("incident", "--replay", str(tmp_path / "x.json")).err
    assert "cannot be read" in stackward("incident", "--replay", str(tmp_path / "none.json")).err


INPUTS = {
    "now": "2026-03-01T00:00:00+00:00",
    "listening": None,
    "definition": None,
    "instances": {},
    "claims": [],
    "commands": [],
    "maintenance": [],
    "pauses": [],
}
DECIDED = {"marks": [], "heals": [], "withheld": [], "verdicts": {}}


@pytest.mark.parametrize(
    ("inputs", "decided"),
    [
        ({"instances": []}, DECIDED),
        ({"instances": {"web2": 5}}, DECIDED),
        ({}, []),
        ({}, None),
        ({}, {}),
        ({}, {**DECIDED, "heals": [1]}),
        ({}, {**DECIDED, "heals": [["web2"]]}),
        ({}, {**DECIDED, "withheld": [["web2", "why", "more"]]}),
        ({"now": "2026-03-01T00:00:00", "claims": [["web2", 1, "x", "2026-03-01T00:00:00+00:00", False]]}, DECIDED),
    ],
)
def test_what_was_not_exported_is_refused_wherever_it_differs(stackward, told, tmp_path, inputs, decided):
    looks = [{"inputs": INPUTS, "decided": DECIDED}, {"inputs": {**INPUTS, **inputs}, "decided": decided}]
    (tmp_path / "x.json").write_text(json.dumps({"stack": "shop", "looks": looks}))
    ran = stackward("incident", "--replay", str(tmp_path / "x.json"))
    assert (ran.code, ran.out) == (1, "")
    assert "is no exported incident" in ran.err


def test_a_file_of_brackets_alone_is_refused(stackward, told, tmp_path):
    (tmp_path / "x.json").write_text("[" * 100_000)
    assert "is no exported incident" in stackward("incident", "--replay", str(tmp_path / "x.json")).err


def test_where_nothing_has_happened_it_says_so(stackward, tmp_path, monkeypatch):
    monkeypatch.setenv("STACKWARD_STATE", f"sqlite:///{tmp_path}/fresh.db")
    assert "Nothing has befallen any instance" in stackward("incident").out
