"""`stackward simulate`, whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stackward.definition.loader import load
from stackward.state.store import open_store

FILE = """\
plugin: stackward.ops.stack
name: busy
provider: {type: container}
layers:
  web: {scaling: {load: {min: 2}}}
instances:
  "web[1:2]": {layers: [web]}
  "web[3:12]": {layers: [web], type: load}
"""
OTHER = FILE.replace("min: 2", "min: 2, target: {cpu: 55}")


@pytest.fixture
def busy(project: Path) -> str:
    (project / "inventory" / "busy.stack.yml").write_text(FILE)
    return "inventory/busy.stack.yml"


def test_a_week_is_summed_up_in_a_line(stackward, busy):
    ran = stackward("simulate", busy, "--metrics", "sine", "--days", "2", columns=100)
    assert ran.code == 0
    heading, columns, figures = ran.out.splitlines()
    assert heading == "busy/web: 12 instances, sine, 2 days, 3m00s to boot"
    assert " ".join(columns.split()) == "POLICY HOURS > 80 % > 100 % REVERSALS STARTS STOPS AT WORK"
    assert figures.startswith("stackward ")
    assert " min " in figures


def test_json_has_every_figure_and_every_change_with_its_cause(stackward, busy):
    found = stackward("simulate", busy, "--metrics", "sine", "--days", "2", "-o", "json").json
    assert (found["stack"], found["layer"], found["metrics"], found["limit"]) == ("busy", "web", "sine", 80)
    (outcome,) = found["outcomes"]
    assert outcome["minutes"] == 2 * 24 * 60
    assert outcome["starts"] == sum(len(change["starts"]) for change in outcome["changes"])
    assert outcome["stops"] == sum(len(change["stops"]) for change in outcome["changes"]) > 0
    assert all(change["why"] for change in outcome["changes"])
    assert {"instance_hours", "breach_minutes", "overload_minutes", "reversals"} <= outcome.keys()


def test_the_same_seed_gives_the_same_week(stackward, busy):
    once = stackward("simulate", busy, "--metrics", "noise", "--days", "2", "-o", "json").json
    assert stackward("simulate", busy, "--metrics", "noise", "--days", "2", "-o", "json").json == once
    assert stackward("simulate", busy, "--metrics", "noise", "--days", "2", "--seed", "1", "-o", "json").json != once


def test_two_policies_and_the_baselines_stand_side_by_side(stackward, busy, project):
    (project / "calm.stack.yml").write_text(OTHER)
    found = stackward(
        *("simulate", busy, "--metrics", "step", "--days", "1", "-o", "json"),
        *("--policy", "calm.stack.yml", "--against", "opsworks, hpa"),
    ).json
    assert [outcome["controller"] for outcome in found["outcomes"]] == ["busy", "calm", "opsworks", "hpa"]
    busy_, calm, *_ = found["outcomes"]
    assert calm["breach_minutes"] < busy_["breach_minutes"]


def test_a_recording_is_played_as_it_is_and_no_longer_than_it_is(stackward, busy, project):
    rows = [f"{60 * minute},{8 if minute >= 30 else 1}" for minute in range(120)]
    (project / "yesterday.csv").write_text("\n".join(["time,demand", *rows]))
    found = stackward("simulate", busy, "--metrics", "yesterday.csv", "-o", "json").json
    (outcome,) = found["outcomes"]
    assert outcome["minutes"] == 120
    assert min(change["minute"] for change in outcome["changes"] if change["starts"]) >= 30
    heading = stackward("simulate", busy, "--metrics", "yesterday.csv").out.splitlines()[0]
    assert "yesterday.csv, 2h00m, " in heading


def test_machines_boot_for_as_long_as_starts_of_the_layer_have_taken(stackward, busy, project):
    stack = load(str(project / busy), environment={})
    at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    with open_store(stack.state) as store, store.transaction(stack.name) as transaction:
        transaction.put_instance("web3", ("web",), at)
        for state, seconds in (("requested", 0), ("online", 95), ("stopped", 500), ("requested", 600), ("online", 640)):
            transaction.note(
                "state", state, actor="x", now=at + timedelta(seconds=seconds), instance="web3", data={"to": state}
            )
    assert stackward("simulate", busy, "--days", "1", "-o", "json").json["boots"] == [95, 40]
    heading = stackward("simulate", busy, "--days", "1").out.splitlines()[0]
    assert heading.endswith("40s to 1m35s to boot (of 2 measured)")
    given = stackward("simulate", busy, "--days", "1", "--boot", "1.5", "-o", "json").json
    assert given["boots"] == [90]


def test_a_picture_is_drawn(stackward, busy, project):
    assert stackward("simulate", busy, "--days", "1", "--picture", "day.svg").code == 0
    assert (project / "day.svg").read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--metrics", "cosine"), "--metrics cosine: there is no such file, and what is made up is sine, step, spike"),
        (("--against", "opsworks,nomad"), "--against nomad: there is nothing of this name; write opsworks or hpa"),
        (("--layer", "db"), "no layer 'db' scales by load; those that do: web"),
        (("--picture", "week.gif"), "the form of a picture is its ending"),
        (("--policy", "inventory/shop.stack.yml"), "no layer scales by load"),
        (("--policy", "gone.stack.yml"), "gone.stack.yml"),
        (("--boot", "inf"), "Invalid value for '--boot'"),
    ],
)
def test_what_cannot_be_simulated_is_said(stackward, busy, arguments, said):
    ran = stackward("simulate", busy, "--days", "1", *arguments)
    assert ran.code != 0
    assert said in " ".join(ran.err.split())
    assert "Traceback" not in ran.err


def test_it_changes_nothing(stackward, busy, project):
    before = sorted(path for path in project.rglob("*"))
    stackward("simulate", busy, "--days", "1")
    assert sorted(path for path in project.rglob("*")) == before
