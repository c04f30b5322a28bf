"""Which playbook a command runs with which arguments, and what it says of the outcome."""

import json
import stat
import sys

import pytest

from stackward.cli import running


@pytest.fixture
def ansible(tmp_path, monkeypatch):
    """A stand-in for ansible-playbook that writes down how it was called, and does as `behaviour` says."""

    class Stand:
        behaviour = "print('PLAY [Ask]')"

        def __init__(self):
            self.program = tmp_path / "ansible-playbook"
            self.calls = tmp_path / "calls"

        def path(self):
            self.program.write_text(
                f"#!{sys.executable}\nimport json, os, sys\n"
                f"with open({str(self.calls)!r}, 'w') as file:\n"
                "    json.dump([sys.argv[1:], os.environ.get('ANSIBLE_CONFIG'), os.getcwd()], file)\n"
                f"{self.behaviour}\n"
            )
            self.program.chmod(0o755)
            return str(self.program)

        @property
        def called(self):
            return json.loads(self.calls.read_text())

        @property
        def variables(self):
            arguments = self.called[0]
            return json.loads(arguments[arguments.index("-e") + 1]) if "-e" in arguments else {}

    stand = Stand()
    monkeypatch.setattr(running, "ansible_playbook", stand.path)
    return stand


@pytest.mark.parametrize(
    ("arguments", "playbook", "variables"),
    [
        (("start",), "start", {}),
        (("stop", "--instance", "web1", "--instance", "web2"), "stop", {"instance": ["web1", "web2"]}),
        (("stop", "--instance", "web1", "--force"), "stop", {"instance": ["web1"], "force": True}),
        (("reboot", "--layer", "web", "--reason", "why"), "reboot", {"layer": ["web"], "reason": "why"}),
        (("setup", "--attributes", "{a: {b: 1}}"), "setup", {"attributes": {"a": {"b": 1}}}),
        (("configure",), "configure", {}),
        (("deploy", "--app", "storefront", "--revision", "v1"), "deploy", {"app": "storefront", "revision": "v1"}),
        (("undeploy", "--app", "storefront"), "undeploy", {"app": "storefront"}),
        (("shutdown", "--instance", "db1"), "shutdown", {"instance": ["db1"]}),
        (("run-recipes", "--recipe", "motd"), "run_recipes", {"recipes": ["motd"]}),
        (("update", "--layer", "web", "--batch", "25%"), "update", {"layer": ["web"], "batch": "25%"}),
        (("setup", "--layer", "web", "--batch", "2"), "setup", {"layer": ["web"], "batch": "2"}),
        (("converge",), "converge", {}),
        (("converge", "--batch", "50%"), "converge", {"batch": "50%"}),
        (("scale",), "scale", {}),
        (("scale", "--layer", "web"), "scale", {"layer": ["web"]}),
        (("converge", "--layer", "web"), "converge", {"layer": ["web"]}),
    ],
)
def test_the_playbook_of_its_name_with_these_variables(stackward, ansible, project, arguments, playbook, variables):
    ran = stackward(*arguments)
    assert ran.code == 0, ran.err
    called, configuration, folder = ansible.called
    assert called[:3] == [f"stackward.ops.{playbook}", "-i", str(project / "inventory")]
    assert ansible.variables == variables
    assert configuration == str(project / "ansible.cfg")
    assert folder == str(project)


def test_recipes_run_in_the_order_in_which_they_are_named(stackward, ansible):
    written = ["recipes/clear.yml", "motd", "{command: [systemctl, reload, nginx]}", "manifests/site.pp"]
    stackward("run-recipes", *(word for item in written for word in ("--recipe", item)))
    recipes = ["recipes/clear.yml", "motd", {"command": ["systemctl", "reload", "nginx"]}, "manifests/site.pp"]
    assert ansible.variables == {"recipes": recipes}


def test_check_diff_and_further_arguments_are_passed_on(stackward, ansible):
    stackward("start", "--check", "--diff", "--", "-vv", "--forks", "3")
    assert ansible.called[0][3:] == ["--check", "--diff", "-vv", "--forks", "3"]


@pytest.mark.parametrize("command", ["setup", "update", "converge"])
@pytest.mark.parametrize("size", ["0", "0%", "101%", "many", "-1", ""])
def test_a_batch_of_no_size_is_refused_before_ansible_starts(stackward, ansible, command, size):
    ran = stackward(command, f"--batch={size}")
    assert ran.code == 2
    assert "is no size of a batch" in ran.err
    assert not ansible.calls.exists()


@pytest.mark.parametrize(
    "arguments", [("--diff",), ("--check", "--diff"), ("--", "--diff"), ("--", "-CD")], ids=" ".join
)
def test_a_terminal_shows_what_changes_in_files_where_that_was_asked_for(stackward, ansible, monkeypatch, arguments):
    ansible.behaviour = "print('+Welcome')"
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "+Welcome" not in stackward("configure").out
    assert "+Welcome" in stackward("configure", *arguments).out


def test_the_end_is_told_by_the_name_of_the_command(stackward, ansible):
    assert "run-recipes: done in" in stackward("run-recipes", "--recipe", "motd").out
    ansible.behaviour = "sys.exit(2)"
    assert "run-recipes: failed after" in stackward("run-recipes", "--recipe", "motd").out


@pytest.mark.parametrize("arguments", [("--check",), ("--", "--check"), ("--", "-C")], ids=" ".join)
def test_a_look_says_that_it_was_one_however_it_was_asked_for(stackward, ansible, arguments):
    said = stackward("start", *arguments).out
    assert "only looked" in said
    assert "nothing had to be done" not in said


def test_the_projects_configuration_counts_from_anywhere_unless_another_is_named(
    stackward, ansible, project, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    stackward("start", "-i", "project/inventory/shop.stack.yml")
    assert ansible.called[0][1:3] == ["-i", str(project / "inventory" / "shop.stack.yml")]
    assert ansible.called[1:] == [str(project / "ansible.cfg"), str(tmp_path)]
    monkeypatch.setenv("ANSIBLE_CONFIG", "/elsewhere/ansible.cfg")
    stackward("start", "-i", "project/inventory/shop.stack.yml")
    assert ansible.called[1] == "/elsewhere/ansible.cfg"


def test_one_stack_of_several_is_the_only_one_that_ansible_sees(stackward, ansible, project):
    other = (project / "inventory" / "shop.stack.yml").read_text().replace("name: shop", "name: shed")
    (project / "inventory" / "shed.stack.yml").write_text(other)
    (project / "inventory" / "localhost.yml").touch()
    stackward("start", "--stack", "shed")
    assert ansible.called[0][1:5] == [
        *("-i", str(project / "inventory" / "localhost.yml")),
        *("-i", str(project / "inventory" / "shed.stack.yml")),
    ]
    assert ansible.variables == {"stack": "shed"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("start", "--instance", "wbe1"), 'did you mean "web1"?'),
        (("start", "--layer", "wep"), 'did you mean "web"?'),
        (("deploy", "--app", "storefrnt"), 'did you mean "storefront"?'),
        (("start", "--stack", "shopp"), 'did you mean "shop"?'),
        (("setup", "--attributes", "[1]"), "must be a mapping"),
        (("run-recipes", "--recipe", "{command: [}"), "neither JSON nor YAML"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(stackward, ansible, arguments, said):
    ran = stackward(*arguments)
    assert ran.code == 1
    assert said in ran.err
    assert not ansible.calls.exists()


def test_a_bare_name_is_explained(stackward, ansible):
    ran = stackward("start", "web1")
    assert ran.code == 2
    assert "--instance" in ran.err
    assert not ansible.calls.exists()


def test_recipes_must_be_named(stackward, ansible):
    ran = stackward("run-recipes")
    assert ran.code == 2
    assert "--recipe" in ran.err


def test_output_is_streamed_and_kept_in_a_private_file(stackward, ansible, project):
    ran = stackward("start")
    assert "PLAY [Ask]" in ran.out
    (log,) = (project / "var" / "shop" / "logs").iterdir()
    assert log.name.endswith("-start.log")
    assert log.read_text() == "PLAY [Ask]\n"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_failure_exits_with_one_and_says_where_the_output_is(stackward, ansible, project):
    ansible.behaviour = "print('[ERROR]: Task failed: It rains.'); sys.exit(2)"
    ran = stackward("start")
    assert ran.code == 1
    assert "start: failed after" in ran.out
    assert str(project / "var" / "shop" / "logs") in ran.out.replace("\n", "")


def test_json_has_the_whole_outcome_and_nothing_else(stackward, ansible):
    ansible.behaviour = "print('[ERROR]: Task failed: It rains.'); sys.exit(2)"
    ran = stackward("deploy", "-o", "json")
    found = ran.json
    assert ran.code == 1
    assert (found["command"], found["ok"], found["stopped"], found["exit_code"]) == ("deploy", False, False, 2)
    assert (found["errors"], found["instances"]) == (["It rains."], [])
    assert found["log"].endswith("-deploy.log")


def test_ctrl_c_exits_with_130_and_says_that_nothing_is_lost(stackward, ansible):
    ansible.behaviour = (
        "import signal\n"
        "signal.signal(signal.SIGINT, lambda *_: sys.exit(99))\n"
        "os.kill(os.getppid(), signal.SIGINT)\n"
        "while True: signal.pause()"
    )
    ran = stackward("start")
    assert ran.code == 130
    assert "start: stopped after" in ran.out
    assert ran.err == "stopped; nothing is lost: run the same command again\n"


def test_a_run_that_asks_for_a_password_gets_the_terminal(stackward, ansible, project, capfd):
    ran = stackward("start", "--", "--ask-vault-pass")
    assert ran.code == 0
    assert capfd.readouterr().out == "PLAY [Ask]\n"
    assert not (project / "var").exists()
