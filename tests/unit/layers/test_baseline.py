"""What the baseline of layers wants of an instance, and that it takes back what has left the file."""

import dataclasses

import pytest

from stackward.definition.baseline import Baseline, CronJob, Limit, LogRotation, Person
from stackward.definition.model import Layer
from stackward.layers import baseline, compile_event
from stackward.layers.baseline.people import merged
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import State
from tests.unit.layers.contexts import PEERS, contexts, file_at, resource, stack

NOTHING = Baseline()
MUCH = Baseline(
    people={"anna": Person("anna", ("k2",), sudo=True)},
    packages=("tree",),
    services={"b": False, "a": True},
    cron=(CronJob("each", "@daily", "date +%F"), CronJob("single", "@hourly", "x", "nobody", on_one=True)),
    time_servers=("time.example.com",),
    sysctl={"net.core.somaxconn": "1024"},
    limits=(Limit("*", "nofile", "1", "unlimited"), Limit("anna", "nproc", "3", "4"), Limit("*", "memlock", "8", "8")),
    logrotate=(LogRotation("app", ("/var/log/a", "/var/log/b"), "daily", 7, "1M", afterwards="true"),),
)


def wanted(*baselines, event=Event.CONFIGURE, people=None, peers=None):
    """What an instance with a layer for each of the baselines gets."""
    layers = {f"l{place}": Layer(f"l{place}", baseline=item) for place, item in enumerate(baselines)}
    of = dataclasses.replace(stack(layers=layers, apps={}), people=people or {})
    return compile_event(contexts(event, of=of, peers=peers))


def absent(resources):
    return {entry.path for entry in resources if entry.kind == "absent"}


def table(resources):
    return resource(resources, "cron_jobs", "cron jobs")


def test_without_a_word_nothing_is_kept_and_nothing_is_added():
    resources = wanted(NOTHING)
    assert absent(resources) == {
        "/etc/sudoers.d/stackward",
        "/etc/security/limits.d/60-stackward.conf",
        "/etc/systemd/system.conf.d/60-stackward.conf",
        "/etc/chrony/stackward.conf",
        "/etc/systemd/system/chrony.service.d/stackward.conf",
        "/etc/cron.d/stackward",
        "/etc/logrotate.d/stackward",
    }
    assert resource(resources, "people", "users").people == ()
    assert resource(resources, "chosen_packages", "packages").packages == ()
    assert resource(resources, "chosen_services", "services").services == {}
    assert resource(resources, "kernel_parameters", "kernel").parameters == {}
    assert not [entry for entry in resources if entry.kind in ("service", "packages")]


@pytest.mark.parametrize("event", [Event.DEPLOY, Event.UNDEPLOY, Event.SHUTDOWN])
def test_only_setup_and_configure_touch_it(event):
    assert not [entry for entry in wanted(MUCH, event=event) if entry.kind in ("people", "chosen_packages", "absent")]


def test_people_of_the_stack_and_of_all_layers_have_accounts():
    people = {"anna": Person("anna", ("k1",), uid=2000, groups=("adm",)), "bert": Person("bert", shell="/bin/sh")}
    resources = wanted(MUCH, Baseline(people={"carl": Person("carl")}), people=people)
    made = {entry["account"]: entry for entry in resource(resources, "people", "users").people}
    assert list(made) == ["anna", "bert", "carl"]
    assert made["anna"]["ssh_keys"] == ["k1", "k2"]
    assert (made["anna"]["uid"], made["anna"]["groups"], made["anna"]["shell"]) == (2000, ["adm"], "/bin/bash")
    assert made["bert"]["shell"] == "/bin/sh"
    assert file_at(resources, "/etc/sudoers.d/stackward").content == "anna ALL=(ALL:ALL) NOPASSWD: ALL\n"


def test_nobody_may_use_sudo_before_their_account_is_known_to_be_theirs():
    names = [entry.name for entry in wanted(MUCH)]
    assert names.index("users") < names.index("sudo rights")


def test_a_person_in_several_places_has_all_that_any_of_them_gives():
    once = merged([Person("a", ("k",), groups=("x",)), Person("a", ("k", "l"), sudo=True, uid=2000, groups=("w",))])
    assert once == (Person("a", ("k", "l"), sudo=True, uid=2000, groups=("w", "x")),)


@pytest.mark.parametrize(("event", "count"), [(Event.SETUP, 1), (Event.CONFIGURE, 0), (Event.DEPLOY, 0)])
def test_updates_are_installed_in_setup_alone_and_before_all_else(event, count):
    kinds = [entry.kind for entry in wanted(Baseline(update_at_boot=True), event=event)]
    assert kinds.count("updates") == count
    if count:
        assert kinds.index("updates") < kinds.index("people")
    assert "updates" not in [entry.kind for entry in wanted(NOTHING, event=event)]


def test_packages_come_after_the_layers_and_with_what_the_baseline_needs():
    resources = wanted(MUCH)
    assert resource(resources, "chosen_packages", "packages").packages == ("chrony", "cron", "logrotate", "tree")
    kinds = [entry.kind for entry in resources]
    assert kinds.index("people") < kinds.index("chosen_packages") < kinds.index("chosen_services")


def test_cron_jobs_are_written_for_cron():
    (job,) = table(wanted(MUCH, peers={})).jobs
    assert job == {"name": "each of l0", "user": "root", "text": "# l0: each\n@daily root date +\\%F\n"}


def test_a_job_for_one_host_is_on_one_online_instance_and_moves_when_that_is_gone():
    job = Baseline(cron=(CronJob("single", "@hourly", "x", on_one=True),))
    peers = {name: dataclasses.replace(PEERS["all1"], name=name, layers=("l0",)) for name in ("all1", "web2", "web3")}
    holders = set()
    for name, peer in peers.items():
        others = {**peers, name: dataclasses.replace(peer, state=State.CONNECTION_LOST)}
        holders.add("/etc/cron.d/stackward" not in absent(wanted(job, peers=others)))
    assert holders == {True, False}
    alone = {"all1": peers["all1"], "web2": dataclasses.replace(peers["web2"], state=State.STOPPED)}
    assert [found["text"] for found in table(wanted(job, peers=alone)).jobs] == ["# l0: single\n@hourly root x\n"]


def test_the_clock_follows_the_given_servers_or_those_of_the_distribution():
    own = wanted(MUCH)
    assert file_at(own, "/etc/chrony/stackward.conf").content.startswith("server time.example.com iburst\n")
    assert resource(own, "service", "clock").unit == "chrony.service"
    theirs = wanted(Baseline(time_servers=()))
    assert "/etc/chrony/stackward.conf" in absent(theirs)
    assert resource(theirs, "absent", "time servers").notify == ("restart:chrony.service",)
    assert resource(theirs, "service", "clock").unit == "chrony.service"


def test_limits_reach_sessions_and_those_for_everybody_services_too():
    resources = wanted(MUCH)
    sessions = file_at(resources, "/etc/security/limits.d/60-stackward.conf").content
    assert "* soft nofile 1\n* hard nofile unlimited\nroot soft nofile 1\n" in sessions
    assert "anna soft nproc 3\nanna hard nproc 4\n" in sessions
    services = file_at(resources, "/etc/systemd/system.conf.d/60-stackward.conf")
    assert services.content == "[Manager]\nDefaultLimitMEMLOCK=8K:8K\nDefaultLimitNOFILE=1:infinity\n"
    assert services.notify == ("daemon-reload",)


def test_logs_are_rotated_as_said():
    content = file_at(wanted(MUCH), "/etc/logrotate.d/stackward").content
    assert content.startswith("# app\n/var/log/a /var/log/b {\n    daily\n    rotate 7\n")
    assert (
        "    maxsize 1M\n    compress\n    delaycompress\n    postrotate\n        true\n    endscript\n}\n" in content
    )


def test_nothing_is_wanted_of_an_instance_without_layers():
    assert baseline.before_layers([]) == baseline.after_layers([]) == ()
