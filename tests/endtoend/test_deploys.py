"""Deploys under load, deploys that fail, and deploys that are killed: the visitors of the app notice none of it."""

from __future__ import annotations

import hashlib
import json
import random
import re
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.endtoend.project import Project, project

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]

CODE = """\
import os
import time

VERSION = "{version}"


def application(environ, start):
    time.sleep(0.02)
    health = "503 Ill" if os.environ.get("COLOUR") == "infrared" else "{health}"
    start(health if environ["PATH_INFO"] == "/healthz" else "200 OK", [("Content-Type", "text/plain")])
    return [f"{{VERSION}} {{os.environ.get('COLOUR')}}\\n".encode()]
"""
# Counts everything that is not an answer below 400: wrk prints nothing of what did not happen.
COUNT = """\
function delay()
    return 40
end
function done(summary, latency, requests)
    local e = summary.errors
    print(string.format('{"requests": %d, "connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}',
        summary.requests, e.connect, e.read, e.write, e.status, e.timeout))
end
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with project(tmp_path_factory.mktemp("deploys"), "deploys") as made:
        (made.folder / "code").mkdir()
        (made.folder / "count.lua").write_text(COUNT)
        release(made, "one")
        define(made)
        made.play("start")
        yield made


def release(shop: Project, version: str, health: str = "200 OK") -> None:
    (shop.folder / "code" / "app.py").write_text(CODE.format(version=version, health=health))


def define(
    shop: Project, colour: str = "red", apps: bool = True, port: int = 8000, url: str | None = None, **deploy: object
) -> None:
    site = {
        "layers": ["web"],
        "source": {"type": "git", "url": url} if url else {"type": "directory", "path": str(shop.folder / "code")},
        "environment": {"COLOUR": colour},
        "deploy": {"health": {"http": f":{port}/healthz", "within": "20s"}, "keep": 2, **deploy},
    }
    shop.write(
        {
            "layers": {
                "lb": {"uses": "haproxy", "healthcheck": "/healthz"},
                "web": {"uses": "python_app", "healthcheck": "/healthz", "port": port},
            },
            "instances": {"front": {"layers": ["lb"]}, "web[1:2]": {"layers": ["web"]}},
            "apps": {"site": site} if apps else {},
        }
    )


def url(shop: Project) -> str:
    return f"http://{shop.state().instances['front'].machine.address}/"


def answers(shop: Project, instance: str, port: int = 8000) -> str:
    address = shop.state().instances[instance].machine.address
    url = f"http://{address}:{port}/"
    done = subprocess.run(["curl", "--silent", "--max-time", "20", url], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def processes(shop: Project) -> dict[str, str]:
    show = ("systemctl", "show", "--property=MainPID", "site.service")
    return {name: shop.on(name, *show) for name in ("web1", "web2")}


def releases(shop: Project) -> dict[str, str]:
    return {name: item.release for name, record in shop.state().instances.items() for item in record.apps}


@contextmanager
def visitors(shop: Project):
    """Ask for pages all the time. Afterwards the dictionary holds how many were asked for, and what went wrong."""
    counted: dict[str, int] = {}
    wrk = shutil.which("wrk")
    assert wrk is not None, "this test needs wrk: bootstrap/system-packages tests"
    command = [wrk, "-t1", "-c6", "-d1h", "--timeout", "30s", "-s", str(shop.folder / "count.lua"), url(shop)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        time.sleep(1)
        try:
            yield counted
        finally:
            process.send_signal(signal.SIGINT)
            printed, _ = process.communicate(timeout=60)
            found = re.findall(r"^\{.*\}$", printed, re.MULTILINE)
            assert found, f"wrk has counted nothing: {printed}"
            counted.update(json.loads(found[-1]))


def test_a_deploy_a_rollback_and_a_stop_fail_no_request(shop):
    first = releases(shop)["web1"]
    with visitors(shop) as counted:
        release(shop, "two")
        printed = shop.play("deploy", reason="prices")
        assert "in 2 batches: web1 | web2" in printed
        assert {answers(shop, name) for name in ("web1", "web2")} == {"two red"}
        second = releases(shop)["web1"]
        define(shop, colour="blue")
        printed = shop.play("deploy", reason="another colour")
        assert "in 2 batches: web1 | web2" in printed
        assert {answers(shop, name) for name in ("web1", "web2")} == {"two blue"}
        define(shop)
        shop.play("rollback", reason="wrong prices")
        assert {answers(shop, name) for name in ("web1", "web2")} == {"one red"}
        assert set(releases(shop).values()) == {first}
        shop.play("stop", instance="web2")
        assert shop.states()["web2"] == "stopped"
    assert counted["requests"] > 100
    assert {name: count for name, count in counted.items() if name != "requests"} == dict.fromkeys(
        ("connect", "read", "write", "status", "timeout"), 0
    )
    past = shop.store().rollouts("deploys", app="site")
    assert [(item.kind, item.release, item.status.value, item.reason) for item in past[:3]] == [
        ("rollback", first, "successful", "wrong prices"),
        ("deploy", second, "successful", "another colour"),
        ("deploy", second, "successful", "prices"),
    ]
    assert {result.status for result in past[0].results.values()} == {"successful"}


def test_an_instance_that_was_stopped_catches_up_and_a_deploy_of_what_is_there_restarts_nothing(shop):
    release(shop, "three")
    shop.play("deploy")
    release(shop, "never deployed")
    shop.play("start", instance="web2")
    assert answers(shop, "web2") == "three red"
    release(shop, "three")
    assert len(set(releases(shop).values())) == 1
    before = shop.on("web1", "systemctl", "show", "--property=MainPID", "site.service")
    printed = shop.play("deploy")
    assert "there already: web1, web2" in printed
    assert shop.on("web1", "systemctl", "show", "--property=MainPID", "site.service") == before


def test_a_source_that_cannot_be_fetched_ends_the_deploy_before_any_host_is_touched(shop):
    before = (processes(shop), shop.store().commands("deploys", limit=1), shop.store().rollouts("deploys", app="site"))
    define(shop, url=f"{shop.folder}/nowhere")
    printed = shop.play("deploy", succeeds=False)
    assert (
        f"App site cannot be fetched from {shop.folder}/nowhere: '{shop.folder}/nowhere' does not appear to" in printed
    )
    assert "Nothing was deployed" in printed
    define(shop)
    after = (processes(shop), shop.store().commands("deploys", limit=1), shop.store().rollouts("deploys", app="site"))
    assert after == before


def test_other_settings_come_with_a_deploy_and_never_to_all_at_once(shop):
    before = processes(shop)
    with visitors(shop) as counted:
        define(shop, colour="green", port=9000)
        shop.play("converge")
        shop.play("configure")
        assert processes(shop) == before
        assert {answers(shop, name) for name in before} == {"three red"}
        assert "site was deployed with other settings" in shop.command("plan").stdout
        looked_at = shop.play("deploy", "--check", "--diff")
        assert re.search(r"site: deploy \w+ in place of \w+ in 2 batches: web1 \| web2", looked_at)
        assert re.search(r"^\+.*:9000$", looked_at, re.MULTILINE)
        assert "green" not in looked_at
        assert processes(shop) == before
        printed = shop.play("deploy")
        assert "in 2 batches: web1 | web2" in printed
        assert {answers(shop, name, 9000) for name in before} == {"three green"}
        assert shop.on("front", "grep", "-c", ":9000$", "/etc/haproxy/haproxy.cfg").strip() == "2"
        assert "drift" not in shop.command("plan").stdout
        define(shop, colour="infrared")
        printed = shop.play("deploy", succeeds=False)
        assert "it answered with status 503" in printed
        assert "web1, web2 serve what they served before" in printed
        shop.play("configure")
        assert {answers(shop, name, 9000) for name in before} == {"three green"}
        define(shop)
        shop.play("deploy")
        assert {answers(shop, name) for name in before} == {"three red"}
    assert counted["requests"] > 100
    assert sum(count for name, count in counted.items() if name != "requests") == 0, counted


def test_a_batch_that_fails_gets_back_what_it_had_and_the_others_never_notice(shop):
    live = releases(shop)
    pids = {name: shop.on(name, "systemctl", "show", "--property=MainPID", "site.service") for name in ("web2",)}
    release(shop, "broken", health="503 Sick")
    with visitors(shop) as counted:
        printed = shop.play("deploy", succeeds=False)
    assert "it answered with status 503" in printed
    assert "web1, web2 serve what they served before" in printed
    assert releases(shop) == live
    assert answers(shop, "web1") == "three red"
    for name, pid in pids.items():
        assert shop.on(name, "systemctl", "show", "--property=MainPID", "site.service") == pid
    assert sum(count for name, count in counted.items() if name != "requests") == 0, counted
    commands = {item.instance: item for item in shop.store().commands("deploys", limit=2)}
    assert {name: item.status.value for name, item in commands.items()} == {
        "web1": "failed",
        "web2": "skipped",
    }
    assert "stopped: web1" in commands["web2"].failure


def test_a_deploy_that_is_killed_is_continued_with_the_same_batches_and_locks_its_app_meanwhile(shop):
    shop.on("web1", "touch", "/var/tmp/wait")
    wait = "sh -c 'while [ -e /var/tmp/wait ]; do sleep 0.2; done'"
    define(shop, hooks={"before_serve": [{"command": wait}]})
    release(shop, "four")
    process = shop.begin("deploy", reason="in a hurry")
    shop.wait(lambda: answers(shop, "web1") == "four red", "the first batch has the release", by=process)
    refused = shop.command("deploy")
    assert refused.returncode == 1
    said = " ".join((refused.stdout + refused.stderr).split())
    assert re.search(r"site is locked by \S+.* since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", said), said
    assert "in a hurry" in refused.stdout + refused.stderr
    shop.kill(process)
    shop.on("web1", "rm", "/var/tmp/wait")
    assert shop.command("plan").returncode == 2
    shop.play("converge")
    assert {answers(shop, name) for name in ("web1", "web2")} == {"four red"}
    assert len(set(releases(shop).values())) == 1
    assert shop.store().rollouts("deploys", app="site")[0].status.value == "successful"


def test_a_migration_runs_once_and_hooks_run_around_the_steps_of_each_instance(shop):
    def note(word: str) -> list[dict[str, str]]:
        return [{"command": f"sh -c 'echo {word} >> /var/log/steps'"}]

    places = ("before_drain", "after_drain", "before_release", "after_release", "before_check", "after_check")
    hooks = {place: note(place) for place in (*places, "before_serve", "after_serve")}
    migrate = "echo $COLOUR $(basename $PWD) >> /var/tmp/migrated && ls app.py"
    define(shop, hooks=hooks, migrate=migrate, batch="50%")
    release(shop, "five")
    shop.play("deploy")
    assert shop.on("web1", "cat", "/var/tmp/migrated").split() == ["red", releases(shop)["web1"]]
    assert shop.on("web2", "ls", "/var/tmp/migrated", check=False) == ""
    for name in ("web1", "web2"):
        assert shop.on(name, "cat", "/var/log/steps").split() == list(hooks)
    assert "drift" not in shop.command("plan").stdout
    define(shop, hooks={**hooks, "after_serve": [{"command": "/usr/local/bin/warm-up"}]})
    planned = shop.command("plan").stdout
    assert (
        "the hook after_serve of site, command /usr/local/bin/warm-up, has come since site was deployed there"
        in planned
    )
    define(shop, hooks=hooks)


def test_an_app_is_restarted_stopped_and_started(shop):
    pid = shop.on("web1", "systemctl", "show", "--property=MainPID", "site.service")
    with visitors(shop) as counted:
        assert "in 2 batches: web1 | web2" in shop.play("restart_app")
    assert sum(count for name, count in counted.items() if name != "requests") == 0, counted
    assert shop.on("web1", "systemctl", "show", "--property=MainPID", "site.service") != pid
    shop.play("stop_app", reason="moving")
    shop.play("configure", instance="web1")
    assert shop.on("web1", "systemctl", "is-active", "site.service", check=False).strip() == "inactive"
    shop.play("start_app")
    assert answers(shop, "web1") == "five red"


def test_the_live_release_and_the_one_before_are_never_removed(shop):
    there = shop.on("web1", "ls", "/srv/site/releases").split()
    live, before = releases(shop)["web1"], shop.store().rollouts("deploys", app="site")[0].before_release
    assert {live, before} <= set(there)


def test_of_a_large_app_only_what_differs_is_sent_and_the_whole_to_a_host_that_has_lost_what_stayed(shop):
    large = random.Random(1).randbytes(3 << 20)
    (shop.folder / "code" / "large").write_bytes(large)
    release(shop, "large one")
    shop.play("deploy", app="site")
    shop.on("web2", "sh", "-c", "echo edited >> /srv/site/current/large")
    release(shop, "large two")
    shop.play("deploy", app="site")
    expected = f"{hashlib.sha256(large).hexdigest()}  /srv/site/current/large"
    for name in ("web1", "web2"):
        assert answers(shop, name).startswith("large two ")
        assert shop.on(name, "sha256sum", "/srv/site/current/large").strip() == expected
    sizes = [path.stat().st_size for path in Path(shop.stack().data, "sources", "site").glob("*-since-*")]
    # The first of them says that it was not worth it: what was there before is small.
    assert 0 < max(sizes) < 4096


def test_an_app_that_leaves_the_stack_file_is_shown_by_plan_and_undeployed_by_converge(shop):
    define(shop, apps=False)
    planned = shop.command("plan").stdout
    assert "web1: undeploy (online; user: site does not belong here any more, by the stack file)" in planned
    shop.play("converge")
    assert releases(shop) == {}
    assert shop.on("web1", "ls", "/srv").split() == []
    assert shop.command("plan").returncode == 0
