"""Load on real hosts: a pool grows by what Prometheus tells and by what is measured over SSH, and shrinks with it."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

from stackward.definition.model import SourceChoice
from stackward.engine import collecting, scaling
from stackward.metrics.sample import of_layer
from stackward.observe.metrics import registry
from tests.endtoend.project import PATIENCE, Project, engine, project

pytestmark = [pytest.mark.containers, pytest.mark.endtoend, pytest.mark.thorough]

MINUTE = timedelta(minutes=1)
STEPS = {"for": "1m", "then_wait": "1m"}
BY_JOBS = {"up": {"jobs": 40, "add": 2, **STEPS}, "down": {"jobs": 10, "remove": 2, **STEPS}, "metrics": ["jobs"]}
BY_CPU = {"up": {"cpu": 70, **STEPS}, "down": {"cpu": 30, **STEPS}}
PROMETHEUS = {"type": "prometheus", "layer": "monitoring", "queries": {"jobs": "sum(jobs_waiting)"}}
PROMETHEUS_OPTIONS = {key: value for key, value in PROMETHEUS.items() if key != "type"}
TOLD = "/var/lib/prometheus/node-exporter/jobs.prom"
"""Where node_exporter takes from what others have measured."""

LITTLE, PLENTY = 0.2, 2.0
"""Processors that a host may use: so few can be filled on a machine with much else to do, too."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("load")
    (folder / "site").mkdir()
    (folder / "site" / "index.html").write_text("<h1>Good day</h1>\n")
    with project(folder, "scaleload") as made:
        write(made, BY_JOBS, metrics={"prometheus": PROMETHEUS})
        yield made


def noting(shop: Project, name: str, note: str = "it ran") -> dict[str, str]:
    """A recipe of Setup that leaves a note on the host each time."""
    return shop.recipe(name, [{"name": "Note it", "ansible.builtin.shell": {"cmd": f"echo {note} >> /root/{name}"}}])


def write(shop: Project, policy: dict[str, object], note: str = "it ran", **more: object) -> None:
    """A site with a pool of hosts beside the one that always runs."""
    load = {"warm_up": 0, **policy}
    pool = {"max": 2, "hostname": "page-{n}", "warm": 1}
    recipes = [noting(shop, "first"), noting(shop, "second", note)]
    shop.write(
        {
            "layers": {
                "lb": {"uses": "haproxy", "healthcheck": "/"},
                "web": {"uses": "static_web", "pool": pool, "scaling": {"load": load}, "recipes": {"setup": recipes}},
                "monitoring": {"uses": "monitoring", "interval": "5s"},
            },
            "instances": {"lb1": {"layers": ["lb", "monitoring"]}, "web1": {"layers": ["web"]}},
            "apps": {"page": {"layers": ["web"], "source": {"type": "directory", "path": "../site"}}},
            **more,
        }
    )


def address(shop: Project, instance: str) -> str:
    return shop.state().instances[instance].machine.address


def visits(shop: Project, instance: str) -> int:
    """How many requests came to an instance through the load balancer, not counting its health checks."""
    log = shop.on(instance, "sh", "-c", "cat /var/log/nginx/access.log")
    return sum(1 for line in log.splitlines() if "visit=" in line)


def visit(shop: Project, times: int) -> None:
    for number in range(times):
        with urllib.request.urlopen(f"http://{address(shop, 'lb1')}/?visit={number}", timeout=10) as answer:
            assert b"Good day" in answer.read()


def measured(shop: Project, instance: str, metric: str = "cpu") -> list[float]:
    found = json.loads(shop.command("metrics", instance, "--output", "json").stdout)
    return [point["value"] for series in found["series"] if series["metric"] == metric for point in series["points"]]


def limited(shop: Project, instance: str, processors: float) -> None:
    """Give a host so many processors of the machine: what it measures is measured against that."""
    subprocess.run(
        [*engine(), "update", "--cpus", str(processors), f"stackward-{shop.name}-{instance}"],
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )


def scale_until(shop: Project, wanted: dict[str, str]) -> None:
    """Look again and again, as a timer would, until the instances are as wanted."""
    deadline = time.monotonic() + PATIENCE
    while shop.states() != wanted:
        assert time.monotonic() < deadline, (shop.states(), shop.store().load_memories(shop.name))
        shop.play("scale")
        time.sleep(2)


def answers(shop: Project, instance: str) -> None:
    """Visit the site until an instance gets some of it."""
    before = visits(shop, instance)

    def answered() -> bool:
        visit(shop, 4)
        return visits(shop, instance) > before

    shop.wait(answered, f"{instance} gets requests")


def jobs(shop: Project, waiting: int) -> None:
    """Have a host tell how many jobs wait there, as an application would."""
    shop.on("web1", "sh", "-c", f"echo jobs_waiting {waiting} > {TOLD}.new && mv {TOLD}.new {TOLD}")


def events(shop: Project) -> list[tuple[str, str]]:
    return [(item.instance, item.event) for item in shop.store().commands(shop.name, limit=30) if item.finished]


def test_a_start_of_everything_leaves_the_pool_to_the_load(shop):
    shop.play("start")
    assert shop.states() == {"lb1": "online", "web1": "online"}


def test_a_real_prometheus_tells_what_the_exporters_of_all_hosts_say(shop):
    jobs(shop, 0)
    store, stack = shop.store(), shop.stack()
    source = registry.load(SourceChoice("prometheus", "prometheus", options=PROMETHEUS_OPTIONS), stack=stack)

    def told() -> set[tuple[str, str]]:
        question = collecting.question(store, stack, "prometheus", datetime.now(UTC))
        return {(sample.subject, sample.metric) for sample in source.ask(question).samples if sample.value >= 0}

    wanted = {(name, metric) for name in ("lb1", "web1") for metric in ("cpu", "memory", "load")}
    shop.wait(lambda: wanted | {(of_layer("web"), "jobs")} <= told(), "Prometheus has scraped every host twice")


def test_without_load_a_look_measures_and_moves_nothing(shop):
    printed = shop.play("scale")
    assert shop.states() == {"lb1": "online", "web1": "online"}
    assert "page-1" not in printed.partition("PLAY RECAP")[2]
    assert measured(shop, "web1")
    assert measured(shop, "web", "jobs") == [0]


def test_what_prometheus_tells_makes_the_pool_grow(shop):
    jobs(shop, 90)
    scale_until(shop, dict.fromkeys(("lb1", "web1", "page-1", "page-2"), "online"))
    assert shop.machines() == ["lb1", "page-1", "page-2", "web1"]
    assert shop.on("page-2", "hostname").strip() == "page-2"
    assert "jobs > 40: it is 90" in shop.command("why", "web").stdout
    for name in ("page-1", "page-2"):
        answers(shop, name)


def test_its_end_leaves_a_warm_one_and_nothing_of_the_other(shop):
    jobs(shop, 0)
    scale_until(shop, {"lb1": "online", "web1": "online", "page-1": "stopped", "page-2": "terminated"})
    assert shop.machines() == ["lb1", "page-1", "web1"]
    volumes = subprocess.run([*engine(), "volume", "ls", "--quiet"], check=True, capture_output=True, text=True)
    assert "scaleload" not in volumes.stdout
    assert {("page-1", "shutdown"), ("page-2", "shutdown")} <= set(events(shop))
    assert "the pool of web keeps 1 of those that are not wanted" in shop.command("why", "page-2").stdout
    visit(shop, 2)


def test_what_was_deployed_while_it_was_stopped_is_not_there_yet(shop):
    page = shop.folder / "site" / "index.html"
    page.write_text(page.read_text() + "<p>News</p>\n")
    shop.play("deploy", app="page")
    assert "News" in shop.on("web1", "sh", "-c", "cat /srv/page/current/index.html")


def test_load_made_on_a_host_starts_the_warm_one(shop):
    write(shop, BY_CPU, note="it has changed")
    limited(shop, "web1", LITTLE)
    shop.on("web1", "systemd-run", "--quiet", "--unit", "hog", "sh", "-c", "while :; do :; done")
    scale_until(shop, {"lb1": "online", "web1": "online", "page-1": "online", "page-2": "terminated"})
    assert max(measured(shop, "web1")) > 70
    told = shop.command("why", "page-1").stdout
    assert "auto-scaling" in told
    assert "load of web: cpu > 70" in told
    assert "cpu > 70" in shop.command("why", "web").stdout


def test_it_ran_what_has_changed_of_setup_and_has_what_was_deployed(shop):
    assert shop.on("page-1", "cat", "/root/first").splitlines() == ["it ran"]
    assert shop.on("page-1", "cat", "/root/second").splitlines() == ["it ran", "it has changed"]
    left_out = "Setup leaves out what has not changed since it ran there: recipe first.yml of web"
    assert left_out in shop.command("why", "page-1").stdout
    assert "News" in shop.on("page-1", "cat", "/srv/page/current/index.html")


def test_it_then_answers_behind_the_load_balancer(shop):
    answers(shop, "page-1")


def test_when_the_load_ends_it_is_drained_and_stopped(shop):
    shop.on("web1", "systemctl", "stop", "hog")
    limited(shop, "web1", PLENTY)
    store, stack = shop.store(), shop.stack()
    began = datetime.now(UTC)
    for number in range(1, 15):
        # The hosts are really measured; only the clock runs ahead, so that nobody has to wait for minutes.
        ahead = began + number * MINUTE

        def now(ahead=ahead):
            return ahead

        assert collecting.collect(store, stack, lambda choice: registry.load(choice, stack=stack), now) == {}
        if scaling.request_scaling(store, stack, actor="scale", now=ahead).asks:
            break
    shop.play("converge")
    assert shop.states() == {"lb1": "online", "web1": "online", "page-1": "stopped", "page-2": "terminated"}
    assert ("page-1", "shutdown") in events(shop)
    assert events(shop)[0][1] == "configure"
    visit(shop, 2)
