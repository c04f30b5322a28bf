"""The five events on real hosts, with recipes that write down what they see."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from stackward.engine import requests
from stackward.lifecycle.states import Desired, Initiator
from tests.endtoend.project import Project, project

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]

EVENTS = ("setup", "configure", "deploy", "undeploy", "shutdown")
SEEN = "/var/log/seen"


def note(layer: str, event: str) -> list[dict[str, object]]:
    """A recipe that appends what the attribute document says, on the host and as a variable."""
    variable = "{{ stackward.event }} {{ stackward.layers.web.instances.keys() | sort | join(',') }}"
    return [
        {
            "name": f"Note {event} of {layer}",
            "ansible.builtin.shell": f"echo '{layer} {variable} {{{{ stackward.custom.colour }}}}' >> {SEEN}",
            "changed_when": True,
        },
        {"name": "Find the document on the host", "ansible.builtin.command": "test -s /etc/stackward/attributes.json"},
    ]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with project(tmp_path_factory.mktemp("lifecycle"), "lifecycle") as made:
        layers = {
            layer: {
                "recipes": {event: [made.recipe(f"{layer}-{event}", note(layer, event))] for event in EVENTS},
                "attributes": {"colour": colour},
            }
            for layer, colour in (("web", "red"), ("extra", "blue"))
        }
        code = made.folder / "code"
        code.mkdir()
        (code / "index.html").write_text("one\n")
        made.write(
            {
                "attributes": {"colour": "grey", "only": "stack"},
                "layers": layers,
                "instances": {
                    "one": {"layers": ["extra", "web"]},
                    "two": {"layers": ["web"], "attributes": {"colour": "green"}},
                },
                "apps": {"site": {"layers": ["web"], "source": {"type": "directory", "path": str(code)}}},
            }
        )
        made.play("start")
        yield made


def seen(shop: Project, instance: str) -> list[str]:
    return shop.on(instance, "cat", SEEN).splitlines()


def forget(shop: Project, *instances: str) -> None:
    for instance in instances:
        shop.on(instance, "truncate", "-s", "0", SEEN)


def test_a_stack_starts_from_nothing(shop):
    assert shop.states() == {"one": "online", "two": "online"}
    state = shop.state()
    assert {record.configured for record in state.instances.values()} == {state.generation}


def test_setup_deploy_and_configure_run_in_this_order_and_layers_in_that_of_the_file(shop):
    assert [line.split()[:2] for line in seen(shop, "one")] == [
        ["web", "setup"],
        ["extra", "setup"],
        ["web", "deploy"],
        ["extra", "deploy"],
        ["web", "configure"],
        ["extra", "configure"],
    ]


def test_eight_arrivals_or_two_cost_one_configure(shop):
    assert [line for line in seen(shop, "two") if "configure" in line] == ["web configure one,two green"]


def test_only_online_instances_are_listed(shop):
    first = seen(shop, "two")[0]
    assert first.startswith("web setup")
    assert "two" not in first.split()[2:3]


def test_custom_attributes_merge_stack_then_layer_then_instance(shop):
    assert {line.split()[-1] for line in seen(shop, "two")} == {"green"}
    assert {line.split()[-1] for line in seen(shop, "one")} == {"blue"}
    document = json.loads(shop.on("one", "cat", "/etc/stackward/attributes.json"))
    assert document["custom"] == {"colour": "blue", "only": "stack"}


def test_deployment_attributes_win_and_last_for_one_command(shop):
    forget(shop, "two")
    shop.play("configure", instance="two", attributes={"colour": "white"})
    shop.play("configure", instance="two")
    assert [line.split()[-1] for line in seen(shop, "two")] == ["white", "green"]


def test_a_second_configure_changes_nothing_built_in(shop):
    printed = shop.play("configure", layer="web")
    assert "failed=0" in printed


def test_run_recipes_runs_what_it_is_told_where_it_is_told(shop):
    forget(shop, "one", "two")
    path = shop.folder / "recipes" / "web-deploy.yml"
    shop.play("run_recipes", instance="two", recipes=[{"tasks": str(path)}])
    assert [line.split()[1] for line in seen(shop, "two")] == ["run_recipes"]
    assert seen(shop, "one") == []


MANIFEST = """\
include greeting
exec { 'note':
  command => "/bin/sh -c 'echo puppet ${stackward['event']} ${stackward['custom']['colour']} >> /var/log/seen'",
  unless  => '/bin/grep -q puppet /var/log/seen',
}
"""
MODULE = """\
class greeting {
  file { '/srv/greeting': content => "I am ${facts['stackward']['instance']['name']}\\n" }
}
"""


def test_recipes_of_every_kind_run_in_the_order_in_which_they_are_named(shop):
    forget(shop, "two")
    (shop.folder / "roles" / "noting" / "tasks").mkdir(parents=True)
    (shop.folder / "roles" / "noting" / "tasks" / "main.yml").write_text(json.dumps(note("role", "main")))
    (shop.folder / "modules" / "greeting" / "manifests").mkdir(parents=True)
    (shop.folder / "modules" / "greeting" / "manifests" / "init.pp").write_text(MODULE)
    (shop.folder / "manifests").mkdir()
    (shop.folder / "manifests" / "site.pp").write_text(MANIFEST)
    command = ["sh", "-c", f"echo command $STACKWARD_EVENT '{{{{ 1 }}}}' $STACKWARD_INSTANCE >> {SEEN}"]
    recipes = [json.dumps({"command": command}), "recipes/web-deploy.yml", "manifests/site.pp", "noting"]
    named = (word for recipe in recipes for word in ("--recipe", recipe))
    done = shop.command("run-recipes", "--instance", "two", *named)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split() for line in seen(shop, "two")] == [
        ["command", "run_recipes", "{{", "1", "}}", "two"],
        ["web", "run_recipes", "one,two", "green"],
        ["puppet", "run_recipes", "green"],
        ["role", "run_recipes", "one,two", "green"],
    ]
    assert shop.on("two", "cat", "/srv/greeting") == "I am two\n"
    assert shop.on("two", "systemctl", "is-active", "puppet", check=False).strip() in ("inactive", "unknown")
    shop.on("two", "rm", "/srv/greeting")
    printed = shop.play("run_recipes", "--check", "--diff", instance="two", recipes=["manifests/site.pp"])
    assert "changed=1" in printed
    assert shop.on("two", "ls", "/srv/greeting", check=False) == ""
    shop.play("run_recipes", instance="two", recipes=["manifests/site.pp"])
    assert "changed=0" in shop.play("run_recipes", "--check", instance="two", recipes=["manifests/site.pp"])


def batch(*calls: dict[str, object], **keywords: object) -> dict[str, object]:
    """A batch as a task; a play goes on where it fails."""
    return {"stackward.ops.batch": {"calls": list(calls)}, "register": "came", "ignore_errors": True, **keywords}


def test_a_batch_becomes_whom_the_task_says_and_an_error_names_its_call(shop):
    worker = {"ansible_user": "worker"}
    mine = {"ansible.builtin.copy": {"content": "mine\n", "dest": "/home/worker/mine"}}
    not_mine = {"name": "Write where only root may", "copy": {"content": "x", "dest": "/etc/not-mine"}}
    batches = [
        batch({"command": "id -un"}, mine, become=True, become_user="worker"),
        batch(
            {"command": "id -un"}, not_mine, {"command": "touch /home/worker/after"}, become=True, become_user="worker"
        ),
        batch({"command": "id -un"}, vars=worker, become=False),
        batch(
            {"command": "id -un"}, {**not_mine, "copy": {"content": "x", "dest": "/etc/mine"}}, vars=worker, become=True
        ),
    ]
    line = "{{ came.results[0].stdout | default('?') }} {{ came.failed | default(false) }} {{ came.msg | default('') }}"
    notes = [
        {"ansible.builtin.lineinfile": {"path": "/srv/batches", "line": f"{place} {line}", "create": True}}
        for place in range(len(batches))
    ]
    prepared = [
        {"ansible.builtin.user": {"name": "worker", "shell": "/bin/bash"}},
        {"ansible.builtin.copy": {"content": "worker ALL=(ALL) NOPASSWD: ALL\n", "dest": "/etc/sudoers.d/worker"}},
        {
            "ansible.builtin.file": {
                "path": "/home/worker/.ssh",
                "state": "directory",
                "owner": "worker",
                "mode": "0700",
            }
        },
        {
            "ansible.builtin.copy": {
                "src": "/root/.ssh/authorized_keys",
                "dest": "/home/worker/.ssh/authorized_keys",
                "remote_src": True,
                "owner": "worker",
                "mode": "0600",
            }
        },
    ]
    tasks = shop.recipe("batches", [*prepared, *(each for pair in zip(batches, notes, strict=True) for each in pair)])
    printed = shop.play("run_recipes", instance="two", recipes=[tasks])
    lines = shop.on("two", "cat", "/srv/batches").splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["0", "worker", "False"],
        # What went well before a failure is told in brief.
        ["1", "?", "True"],
        ["2", "worker", "False"],
        ["3", "root", "False"],
    ]
    said = 'Call 2 of 3, "Write where only root may" (ansible.builtin.copy), failed: '
    assert said in lines[1]
    assert "not writable" in lines[1]
    assert "Write where only root may" in printed
    owners = ("stat", "--format=%U %n", "/home/worker/mine", "/etc/mine")
    assert shop.on("two", *owners).splitlines() == ["worker /home/worker/mine", "root /etc/mine"]
    assert shop.on("two", "ls", "/etc/not-mine", "/home/worker/after", check=False) == ""


def test_a_reboot_runs_no_event_and_keeps_address_and_disk(shop):
    forget(shop, "one", "two")
    before = shop.state().instances["two"].machine
    shop.play("reboot", instance="two")
    assert shop.states()["two"] == "online"
    assert shop.state().instances["two"].machine == before
    assert seen(shop, "one") == seen(shop, "two") == []


def test_a_stop_runs_shutdown_first_and_then_configures_the_others(shop):
    forget(shop, "one", "two")
    shop.play("stop", instance="two")
    assert shop.states() == {"one": "online", "two": "stopped"}
    assert [line.split()[:3] for line in seen(shop, "one")] == [
        ["web", "configure", "one"],
        ["extra", "configure", "one"],
    ]
    shop.play("start", instance="two")
    assert [line.split()[1] for line in seen(shop, "two")] == ["shutdown", "setup", "deploy", "configure"]


def test_setup_again_takes_the_instance_through_setup_deploy_and_configure(shop):
    forget(shop, "one", "two")
    shop.play("setup", instance="two")
    assert [line.split()[1] for line in seen(shop, "two")] == ["setup", "deploy", "configure"]
    assert shop.states()["two"] == "online"


def test_instances_that_move_differently_in_one_run_each_make_their_own_move(shop):
    forget(shop, "one", "two")
    asking = {"reason": "at once", "actor": "test", "now": datetime.now(UTC)}
    with shop.store() as store:
        requests.request_event(store, shop.stack(), ["one"], "setup", {}, **asking)
        requests.request_state(store, shop.stack(), ["two"], Desired.STOPPED, initiator=Initiator.USER, **asking)
    shop.play("converge")
    assert shop.states() == {"one": "online", "two": "stopped"}
    # A layer runs its recipe, so each event stands there twice.
    assert [line.split()[1] for line in seen(shop, "one")][:4] == ["setup", "setup", "deploy", "deploy"]
    shop.play("start", instance="two")
    assert [line.split()[1] for line in seen(shop, "two")][:2] == ["shutdown", "setup"]


def test_a_recipe_that_has_changed_is_drift_until_it_has_run_again(shop):
    shop.play("setup")
    assert "drift" not in shop.command("plan").stdout
    recipe = shop.folder / "recipes" / "web-setup.yml"
    before = recipe.read_text()
    recipe.write_text(before + "# another content\n")
    said = "recipe web-setup.yml of web has changed since setup ran there"
    plan = shop.command("plan")
    assert plan.returncode == 0
    assert plan.stdout.count(f"drift: {said}") == 2
    status = json.loads(shop.command("status", "--output", "json").stdout)
    assert [item["drift"] for item in status["stacks"][0]["instances"]] == [[said], [said]]
    shop.play("setup", instance="two")
    drifts = json.loads(shop.command("plan", "--output", "json").stdout)["stacks"][0]["drift"]
    assert drifts == {"one": [said]}
    recipe.write_text(before)
    assert list(json.loads(shop.command("plan", "--output", "json").stdout)["stacks"][0]["drift"]) == ["two"]
    shop.play("setup", instance="two")


def test_check_mode_shows_the_plan_and_changes_nothing(shop):
    before = shop.state()
    printed = shop.play("stop", "--check", instance="two")
    assert "two: stop (online" in printed
    printed = shop.play("configure", "--check", "--diff", instance="two")
    assert "two: configure (online" in printed
    assert shop.state() == before
    assert shop.command("plan").returncode == 0


def test_terminate_names_what_it_takes_and_a_start_makes_a_new_machine(shop):
    assert "Name what is to be terminated" in shop.play("terminate", succeeds=False)
    before = shop.state().instances["two"].machine
    shop.play("terminate", instance="two")
    assert shop.states() == {"one": "online", "two": "terminated"}
    assert shop.machines() == ["one"]
    shop.play("start", instance="two")
    assert shop.state().instances["two"].machine.token != before.token
    assert [line.split()[1] for line in seen(shop, "two")] == ["setup", "deploy", "configure"]


def test_undeploy_runs_the_recipes_and_keeps_new_instances_free_of_the_app(shop):
    forget(shop, "one", "two")
    shop.play("undeploy", app="site")
    assert [line.split()[1] for line in seen(shop, "two")] == ["undeploy"]
    assert all(record.apps == () for record in shop.state().instances.values())


def test_every_decision_and_state_is_in_the_journal(shop):
    entries = shop.store().journal("lifecycle", instance="two", limit=1000)
    assert {entry.kind for entry in entries} >= {"request", "decision", "state", "command"}
    assert all(entry.actor for entry in entries)


def test_every_command_has_a_log_of_its_tasks(shop):
    commands = shop.store().commands("lifecycle", instance="two")
    setup = next(command for command in commands if command.event == "setup")
    tasks = [line.task for line in shop.store().log(setup.id)]
    assert "built-in part of setup" in tasks[0]
    assert any("Note setup of web" in task for task in tasks)
