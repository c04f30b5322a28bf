"""What a dying server costs those who send requests to the load balancer."""

import time

import pytest

from tests.chaos.fleet import AFTER, HEALING, fleet, load

pytestmark = [pytest.mark.chaos]

CONNECTIONS = 8


@pytest.fixture(scope="module")
def chaos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("load")
    site = folder / "site"
    site.mkdir()
    (site / "index.html").write_text("hello\n")
    definition = {
        "layers": {
            "lb": {"uses": "haproxy", "healing": {"after": AFTER}},
            "web": {"uses": "static_web", "drain_timeout": 0, "healing": HEALING},
        },
        "instances": {"lb1": {"layers": ["lb"]}, "web[1:2]": {"layers": ["web"]}},
        "apps": {"site": {"layers": ["web"], "source": {"type": "directory", "path": str(site)}}},
    }
    with fleet(folder, "healload", definition) as running:
        yield running


def test_a_killed_server_costs_only_the_requests_in_flight_and_comes_back(chaos):
    chaos.settle()
    others = chaos.untouched("lb1", "web2")
    since = chaos.now()
    address = chaos.project.state().instances["lb1"].machine.address
    with load(f"http://{address}/", CONNECTIONS, 12) as ended:
        time.sleep(2)
        chaos.tell("kill", "web1")
        found = ended()
    assert found.requests > 100
    assert found.errors <= CONNECTIONS, found.printed
    assert chaos.healed("web1", since) == "restart", chaos.told("web1", since)
    chaos.wait(chaos.settled, "web1 is back")
    others()
