"""Load on real hosts: it starts an instance that then answers behind the load balancer; its end stops that again."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

from stackward.definition.model import SourceChoice
from stackward.engine import collecting, scaling
from stackward.observe.metrics import registry
from tests.endtoend.project import PATIENCE, Project, engine, project

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]

MINUTE = timedelta(minutes=1)
POLICY = {
    "up": {"cpu": 8, "for": "1m", "then_wait": "1m"},
    "down": {"cpu": 6, "for": "1m", "then_wait": "1m"},
    "warm_up": 0,
}
LITTLE, PLENTY = 0.1, 2.0
"""Processors that a host may use. On a machine with much else to do, only little of it can be filled with work."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("load")
    (folder / "site").mkdir()
    (folder / "site" / "index.html").write_text("<h1>Good day</h1>\n")
    with project(folder, "scaleload") as made:
        made.write(
            {
                "layers": {
                    "lb": {"uses": "haproxy", "healthcheck": "/"},
                    "web": {"uses": "static_web", "scaling": {"load": POLICY}},
                    "monitoring": {"uses": "monitoring"},
                },
                "instances": {
                    "lb1": {"layers": ["lb", "monitoring"]},
                    "web1": {"layers": ["web"]},
                    "web2": {"layers": ["web"], "type": "load"},
                },
                "apps": {"page": {"layers": ["web"], "source": {"type": "directory", "path": "../site"}}},
            }
        )
        yield made


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


def test_a_start_of_everything_leaves_the_load_based_instance_to_the_load(shop):
    shop.play("start")
    assert shop.states() == {"lb1": "online", "web1": "online"}


def test_without_load_a_look_measures_and_moves_nothing(shop):
    printed = shop.play("scale")
    assert shop.states() == {"lb1": "online", "web1": "online"}
    assert "web2" not in printed.partition("PLAY RECAP")[2]
    assert len(measured(shop, "web1")) >= 1


def test_load_made_on_a_host_starts_another_one(shop):
    limited(shop, "web1", LITTLE)
    shop.on("web1", "systemd-run", "--quiet", "--unit", "hog", "sh", "-c", "while :; do :; done")
    deadline = time.monotonic() + 2 * PATIENCE
    while shop.states().get("web2") != "online":
        assert time.monotonic() < deadline, shop.store().load_memories(shop.name)
        shop.play("scale")
        time.sleep(2)
    assert max(measured(shop, "web1")) > 8
    told = shop.command("why", "web2").stdout
    assert "auto-scaling" in told
    assert "load of web: cpu > 8" in told
    assert "cpu > 8" in shop.command("why", "web").stdout


def test_it_then_answers_behind_the_load_balancer(shop):
    def answered() -> bool:
        visit(shop, 4)
        return visits(shop, "web2") > 0

    shop.wait(answered, "web2 gets requests")


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
    assert shop.states() == {"lb1": "online", "web1": "online", "web2": "stopped"}
    events = [(item.instance, item.event) for item in store.commands(shop.name, limit=10) if item.finished]
    assert ("web2", "shutdown") in events
    assert events[0][1] == "configure"
    visit(shop, 2)


def test_a_real_prometheus_tells_the_vitals_of_all_hosts_by_its_exporters(shop):
    store, stack = shop.store(), shop.stack()
    source = registry.load(SourceChoice("prometheus", "prometheus", options={"layer": "monitoring"}), stack=stack)

    def told() -> set[tuple[str, str]]:
        question = collecting.question(store, stack, "prometheus", datetime.now(UTC))
        return {(sample.subject, sample.metric) for sample in source.ask(question).samples if sample.value >= 0}

    wanted = {(name, metric) for name in ("lb1", "web1") for metric in ("cpu", "memory", "load")}
    shop.wait(lambda: wanted <= told(), "Prometheus has scraped every host twice")
