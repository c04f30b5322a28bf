"""How `stackward why` explains an instance."""

from tests.unit.cli.story import ACTOR, before


def test_the_request_the_decision_and_the_failure_are_told_in_order(stackward, told):
    found = stackward("why", "web3", "-o", "json").json
    assert [entry["kind"] for entry in found["journal"]][-2:] == ["decision", "state"]
    assert found["now"]["failure"] == "Install packages: no such package"
    text = stackward("why", "web3").out
    assert "decided to start: started by anna" in text
    assert "from: it was stopped, initiated by user, generation 2" in text
    assert "next: you: ask again (setup)" in text


def test_a_request_for_several_instances_counts_for_each(stackward, told):
    with told.transaction("shop") as write:
        write.note(
            "request", "to run deploy on web1, web2: deploy by anna", actor=ACTOR, now=before(minutes=1),
            data={"event": "deploy", "instances": ["web1", "web2"], "arguments": {"app": "storefront"}},
        )  # fmt: skip
    assert stackward("why", "web1", "-o", "json").json["journal"][-1]["data"]["event"] == "deploy"
    assert "app storefront" in stackward("why", "web1").out
    assert "to run deploy" not in stackward("why", "web3").out


def test_twenty_entries_unless_all_are_wanted(stackward, told):
    with told.transaction("shop") as write:
        for number in range(30):
            write.note(
                "decision", f"number {number}", actor="converge#1 on ctl", now=before(seconds=1), instance="web1"
            )
    assert len(stackward("why", "web1", "-o", "json").json["journal"]) == 20
    assert len(stackward("why", "web1", "--all", "-o", "json").json["journal"]) > 30


def test_what_made_a_configure_due_is_named(stackward, told):
    with told.transaction("shop") as write:
        write.bump_generation("user deployer was added", ACTOR, before(minutes=1))
    found = stackward("why", "web1", "-o", "json").json
    assert [entry["text"] for entry in found["causes"]] == ["user deployer was added"]
    assert "generation 4: shop user deployer was added" in stackward("why", "web1").out


def test_who_holds_the_instance_is_named(stackward, told):
    assert "configure#4 on ctl holds it" in stackward("why", "lb1").out


def test_an_instance_that_nothing_happened_to(stackward, project):
    ran = stackward("why", "db1")
    assert ran.code == 0
    assert "Nothing has ever been asked of db1" in ran.out
    assert not (project / "var").exists()


def test_only_instances_and_layers_have_a_why(stackward, project):
    ran = stackward("why", "storefront")
    assert (ran.code, "There is no instance or layer 'storefront'" in ran.err) == (1, True)
    ran = stackward("why", "web")
    assert (ran.code, "The layer web does not scale by load" in ran.err) == (1, True)


def test_one_of_a_pool_that_has_no_machine_is_told_of_by_its_name(stackward, project):
    (project / "inventory" / "more.stack.yml").write_text(
        "plugin: stackward.ops.stack\nname: more\nprovider: {type: container}\n"
        "layers: {page: {pool: {max: 2}}}\ninstances: {}\n"
    )
    assert "page-2 is stopped" in stackward("why", "page-2").out
    assert "page-2" in stackward("describe", "page-2").out
    shown = next(each for each in stackward("status", "-o", "json").json["stacks"] if each["name"] == "more")
    assert shown["instances"] == []
