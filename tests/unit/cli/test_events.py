"""The journal as `stackward events` prints it."""

import json
import time

from stackward.definition.loader import load
from stackward.state.store import open_store
from tests.unit.cli.story import ACTOR, before


def test_the_newest_entries_oldest_first(stackward, told):
    everything = stackward("events", "-n", "1000", "-o", "json").json
    assert [entry["id"] for entry in everything] == sorted(entry["id"] for entry in everything)
    assert stackward("events", "-n", "2", "-o", "json").json == everything[-2:]


def test_the_journals_of_several_stacks_are_merged_by_time(stackward, told, project):
    other = (project / "inventory" / "shop.stack.yml").read_text().replace("name: shop", "name: shed")
    file = project / "inventory" / "shed.stack.yml"
    file.write_text(other)
    with open_store(load(str(file), environment={}).state) as store, store.transaction("shed") as write:
        for span in ({"hours": 3}, {"seconds": 1}):
            write.note("request", "a shed", actor=ACTOR, now=before(**span))
    found = stackward("events", "-n", "1000", "-o", "json").json
    assert [found[0]["stack"], found[1]["stack"], found[-1]["stack"]] == ["shed", "shop", "shed"]


def test_every_entry_has_its_stack_and_a_utc_time(stackward, told):
    for entry in stackward("events", "-o", "json").json:
        assert entry["stack"] == "shop"
        assert entry["at"].endswith("Z")


def test_entries_of_one_instance_and_one_kind(stackward, told):
    found = stackward("events", "--instance", "web3", "--kind", "state", "-o", "json").json
    assert {(entry["instance"], entry["kind"]) for entry in found} == {("web3", "state")}
    assert found[-1]["data"]["to"] == "setup_failed"


def test_text_names_instance_change_and_actor(stackward, told):
    assert "web1  running_setup → online: set up  (start#2 on ctl)" in stackward("events").out


def test_nothing_to_show_is_no_error_and_makes_no_state_file(stackward, project):
    assert stackward("events").out == ""
    assert stackward("events", "-o", "json").json == []
    assert not (project / "var").exists()


def test_watching_goes_on_with_what_comes_in_until_ctrl_c(stackward, told, monkeypatch):
    looks = iter(("first", "second"))

    def instead_of_waiting(_seconds):
        text = next(looks, None)
        if text is None:
            raise KeyboardInterrupt
        with told.transaction("shop") as write:
            write.note("request", text, actor=ACTOR, now=before(seconds=1), instance="web1")

    monkeypatch.setattr(time, "sleep", instead_of_waiting)
    ran = stackward("events", "--watch", "-n", "1", "-o", "json")
    assert ran.code == 0
    entries = [json.loads(line) for line in ran.out.splitlines()]
    assert [entry["text"] for entry in entries[1:]] == ["first", "second"]


def test_watching_a_stack_that_never_ran_waits_for_its_state(stackward, stack, monkeypatch):
    looks = iter(("first",))

    def instead_of_waiting(_seconds):
        text = next(looks, None)
        if text is None:
            raise KeyboardInterrupt
        with open_store(stack.state) as store, store.transaction("shop") as write:
            write.note("request", text, actor=ACTOR, now=before(seconds=1))

    monkeypatch.setattr(time, "sleep", instead_of_waiting)
    assert "first" in stackward("events", "--watch").out


def test_a_terminal_is_told_where_there_is_nothing_to_show(stackward, store, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert stackward("events").out == "nothing is in the journal yet\n"
    assert stackward("events", "-o", "json").json == []


def test_a_terminal_is_told_that_what_was_looked_for_is_not_there(stackward, told, monkeypatch):
    assert stackward("events", "--kind", "pruned").out == ""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert stackward("events", "--kind", "pruned").out == "no such entry is in the journal\n"
