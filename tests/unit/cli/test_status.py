"""What the status screen says of each instance, and whose move it is."""

import pytest

from stackward.lifecycle.states import Desired, Initiator, State
from stackward.state.records import Request


def instance(found, name):
    return next(item for item in found["stacks"][0]["instances"] if item["name"] == name)


def test_a_stack_that_never_ran_is_shown_without_making_a_state_file(stackward, project):
    ran = stackward("status", "-o", "json")
    assert ran.code == 0
    assert ran.json["stacks"][0]["counts"] == {"stopped": 5}
    assert {item["turn"]["text"] for item in ran.json["stacks"][0]["instances"]} == {"you: start it"}
    assert not (project / "var").exists()


def test_an_empty_file_that_another_process_is_just_making_counts_as_never_run(stackward, stack, project):
    (project / "var" / "shop").mkdir(parents=True)
    file = project / "var" / "shop" / "state.db"
    file.touch()
    assert stackward("status").code == 0
    assert file.stat().st_size == 0


def test_header_names_counts_generation_and_the_balancers_elastic_address(stackward, told):
    found = stackward("status", "-o", "json").json["stacks"][0]
    assert found["generation"] == told.snapshot("shop").generation
    assert found["counts"] == {"online": 2, "stopped": 2, "setup_failed": 1}
    assert found["urls"] == ["http://192.0.2.100/"]


@pytest.mark.parametrize(
    ("name", "whose", "text"),
    [
        ("lb1", "run", "configure#4 on ctl: Install packages 2m14s"),
        ("web1", "nobody", "nobody"),
        ("web2", "converge", "converge: pending request start by anna on ctl — Monday morning"),
        ("web3", "you", "you: ask again (setup) — Install packages: no such package"),
        ("db1", "you", "you: start it"),
    ],
)
def test_whose_move_it_is(stackward, told, name, whose, text):
    turn = instance(stackward("status", "-o", "json").json, name)["turn"]
    assert turn["whose"] == whose
    # A second may pass between the story and the look at it.
    assert turn["text"].rpartition(" ")[0] == text.rpartition(" ")[0]


def test_who_holds_an_instance_is_named_with_what_it_is_doing(stackward, told):
    holder = instance(stackward("status", "-o", "json").json, "lb1")["holder"]
    assert (holder["owner"], holder["doing"], holder["alive"]) == (
        "configure#4 on ctl", "stackward.ops.lifecycle : Install packages", True,
    )  # fmt: skip


def test_releases_and_configure_are_told(stackward, told):
    found = instance(stackward("status", "-o", "json").json, "web1")
    assert found["apps"][0]["revision"] == "0123456789abcdef"
    assert found["configure_current"] is True
    with told.transaction("shop") as write:
        write.bump_generation("a user was added", "anna", found and write.state.instances["web1"].since)
    found = instance(stackward("status", "-o", "json").json, "web1")
    assert found["configure_current"] is False
    assert found["turn"]["text"].startswith("converge: Configure for generation")


@pytest.mark.parametrize("initiator", Initiator)
def test_who_wanted_a_stop_is_shown_while_it_stops(stackward, told, initiator):
    with told.transaction("shop") as write:
        record = write.state.instances["web1"]
        write.request("web1", Request(Desired.STOPPED, initiator, "night", record.since))
        write.advance("web1", record.epoch, State.STOPPING, record.since, actor="converge#9 on ctl")
    assert instance(stackward("status", "-o", "json").json, "web1")["initiated_by"] == initiator.value
    assert f"by {initiator.value}" in stackward("status").out


def test_an_instance_that_left_the_file_is_shown_as_such(stackward, told, project):
    file = project / "inventory" / "shop.stack.yml"
    file.write_text(file.read_text().replace('"web[1:3]"', '"web[2:3]"'))
    found = instance(stackward("status", "-o", "json").json, "web1")
    assert found["in_file"] is False
    assert "no longer in the stack file" in found["turn"]["text"]
    assert "left the file" in stackward("status").out


def test_an_instance_in_two_layers_is_listed_once_and_counted_in_both(stackward, told):
    found = stackward("status", "-o", "json").json["stacks"][0]
    assert [layer["instances"] for layer in found["layers"]] == [["lb1"], ["web1", "web2", "web3", "db1"], ["db1"]]
    assert stackward("status").out.count("db1") == 1


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_the_screen_fits_and_cuts_nothing_off(stackward, told, columns):
    ran = stackward("status", columns=columns)
    assert all(len(line) <= columns for line in ran.out.splitlines())
    assert "…" not in ran.out
    flat = "".join(ran.out.split())
    for word in ("lb1", "web3", "setup_failed", "192.0.2.11", "0123456", "http://192.0.2.100/"):
        assert word in flat


def test_a_narrow_screen_shows_who_is_how_and_whose_move_it_is(stackward, told):
    ran = stackward("status", columns=44)
    assert all(len(line) <= 44 for line in ran.out.splitlines())
    assert "…" not in ran.out
    assert "INSTANCE  STATE         WHOSE MOVE" in ran.out
    assert "web3    setup_failed  you: ask again" in ran.out


def test_only_one_stack_is_shown_when_asked_for(stackward, project):
    other = (project / "inventory" / "shop.stack.yml").read_text().replace("name: shop", "name: shed")
    (project / "inventory" / "shed.stack.yml").write_text(other)
    assert len(stackward("status", "-o", "json").json["stacks"]) == 2
    assert [item["name"] for item in stackward("status", "--stack", "shed", "-o", "json").json["stacks"]] == ["shed"]
    missed = stackward("status", "--stack", "shod")
    assert (missed.code, "did you mean" in missed.err) == (1, True)


def test_load_balancers_and_databases_are_told_with_who_is_in_and_where_they_are(stackward, told, project):
    file = project / "inventory" / "shop.stack.yml"
    text = file.read_text().replace(
        "    recipes: {setup:", "    load_balancers: [{target_group: front}]\n    recipes: {setup:"
    )
    text = text.replace(
        "apps:\n", "databases:\n  main: {engine: postgresql, host: db.example.com, user: shop, password: hush}\napps:\n"
    )
    file.write_text(text)
    found = stackward("status", "-o", "json").json["stacks"][0]
    assert found["load_balancers"] == [
        {
            "type": "target_group",
            "name": "front",
            "port": None,
            "layers": ["web"],
            "members": [],
            "missing": ["web1"],
        }
    ]
    (database,) = found["databases"]
    assert (database["name"], database["host"], database["port"], database["registered"]) == (
        "main", "db.example.com", 5432, True,
    )  # fmt: skip
    printed = stackward("status").out
    assert "target group front (web): nobody; online and not registered: web1" in printed
    assert "database main (postgresql, yours): db.example.com:5432" in printed
    assert "hush" not in printed
