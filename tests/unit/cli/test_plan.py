"""What `stackward plan` says and how it exits."""

from stackward.lifecycle.states import Desired, Initiator
from stackward.state.records import Request
from tests.unit.cli.story import before


def test_a_stack_that_never_ran_has_nothing_to_do(stackward, project):
    ran = stackward("plan")
    assert ran.code == 0
    assert "nothing to do" in ran.out
    assert "web1" in ran.out
    assert not (project / "var").exists()


def test_what_a_schedule_or_load_starts_is_not_said_to_wait_for_a_request(stackward, project):
    file = project / "inventory" / "shop.stack.yml"
    timed = '  web4: {layers: [web], type: time, schedule: {mon: "08:00-08:01"}}\n'
    file.write_text(file.read_text().replace("  db1: {", f"{timed}  db1: {{"))
    assert "nobody has asked for them: lb1, web1, web2, web3, db1\n" in stackward("plan", columns=200).out


def test_something_to_do_exits_with_two_and_says_why(stackward, told):
    ran = stackward("plan")
    assert ran.code == 2
    assert "shop: web2: start (stopped; user: Monday morning)" in ran.out
    assert "then configure" in ran.out
    assert "nobody has asked for them: db1" in ran.out


def test_json_has_every_part_of_the_plan(stackward, told):
    ran = stackward("plan", "-o", "json")
    found = ran.json["stacks"][0]
    assert ran.code == 2
    assert found["nothing_to_do"] is False
    assert [(move["instance"], move["action"], move["initiator"]) for move in found["moves"]] == [
        ("web2", "start", "user")
    ]
    assert found["idle"] == ["db1"]
    assert {"configure", "configure_after", "held", "settled", "fulfilled", "departed"} <= set(found)


def test_what_another_run_holds_is_left_to_it(stackward, told):
    with told.transaction("shop") as write:
        write.request("lb1", Request(Desired.STOPPED, Initiator.USER, "night", before(minutes=1)))
    ran = stackward("plan", "--instance", "lb1")
    assert ran.code == 0
    assert "held by configure#4 on ctl" in ran.out


def test_only_named_instances_and_layers_are_planned(stackward, told):
    assert stackward("plan", "--instance", "web1").code == 0
    assert stackward("plan", "--layer", "lb").code == 0
    assert stackward("plan", "--layer", "web").code == 2


def test_a_wrong_name_is_refused_with_the_one_that_was_meant(stackward, project):
    ran = stackward("plan", "--instance", "wbe1")
    assert ran.code == 1
    assert 'did you mean "web1"?' in ran.err
    ran = stackward("plan", "--layer", "wep")
    assert 'did you mean "web"?' in ran.err


def test_a_request_for_what_is_already_so_counts_as_something_to_do(stackward, told):
    with told.transaction("shop") as write:
        write.request("web1", Request(Desired.ONLINE, Initiator.USER, "again", before(minutes=1)))
    ran = stackward("plan", "--instance", "web1")
    assert ran.code == 2
    assert "nothing to do" not in ran.out
    assert "web1: it is already as it was asked to be" in ran.out
