from __future__ import annotations

import pytest

from stackward.errors import ProviderError
from stackward.providers.container import networks
from stackward.providers.container.engine import EngineName

PODMAN = '[{"name": "n", "subnets": [{"subnet": "fd00::/64"}, {"subnet": "10.89.3.0/24", "gateway": "10.89.3.1"}]}]'
OLD_PODMAN = '[{"plugins": [{"type": "bridge", "ipam": {"ranges": [[{"subnet": "10.88.4.0/24"}]]}}]}]'
DOCKER = '[{"Name": "n", "IPAM": {"Config": [{"Subnet": "172.18.0.0/16", "Gateway": "172.18.0.1"}]}}]'


@pytest.mark.parametrize(
    ("printed", "subnet"),
    [(PODMAN, "10.89.3.0/24"), (OLD_PODMAN, "10.88.4.0/24"), (DOCKER, "172.18.0.0/16"), ("[{}]", None)],
)
def test_the_subnet_is_read_from_what_either_engine_prints(printed, subnet):
    assert networks.subnet_in(printed) == subnet


def test_a_network_that_is_there_is_used(programs):
    engine = programs.engine(f"'network inspect'*) echo '{PODMAN}' ;;")
    assert networks.ensure(engine, "shop", None) == "10.89.3.0/24"
    assert programs.calls == ["podman network inspect stackward-shop"]


def test_a_missing_network_is_made_on_a_subnet_of_the_engines_choice(programs, tmp_path):
    made = tmp_path / "made"
    engine = programs.engine(
        f"""'network inspect'*) test -e {made} && {{ echo '{PODMAN}'; exit 0; }}
             echo 'Error: network not found' >&2; exit 1 ;;
        'network create'*) touch {made} ;;"""
    )
    assert networks.ensure(engine, "shop", None) == "10.89.3.0/24"
    assert "podman network create --label stackward.stack=shop stackward-shop" in programs.calls


def test_a_network_on_another_subnet_than_wanted_is_refused(programs):
    engine = programs.engine(f"'network inspect'*) echo '{PODMAN}' ;;")
    with pytest.raises(ProviderError, match=r"has the subnet 10\.89\.3\.0/24, the stack file wants 10\.1\.0\.0/24"):
        networks.ensure(engine, "shop", "10.1.0.0/24")


def test_docker_is_asked_for_the_subnet_that_it_chose_for_a_trial(programs, tmp_path):
    made = tmp_path / "made"
    engine = programs.engine(
        f"""'network inspect stackward-shop-trial') echo '{DOCKER}' ;;
        'network inspect'*) test -e {made} && echo '{DOCKER}' || {{ echo 'Error: No such network' >&2; exit 1; }} ;;
        'network create --subnet'*) touch {made} ;;""",
        EngineName.DOCKER,
    )
    assert networks.ensure(engine, "shop", None) == "172.18.0.0/16"
    assert programs.calls == [
        "docker network inspect stackward-shop",
        "docker network create --label stackward.stack=shop stackward-shop-trial",
        "docker network inspect stackward-shop-trial",
        "docker network rm stackward-shop-trial",
        "docker network create --subnet 172.18.0.0/16 --label stackward.stack=shop stackward-shop",
        "docker network inspect stackward-shop",
    ]


def test_removing_a_network_removes_what_is_remembered_of_its_addresses(programs, tmp_path, monkeypatch):
    monkeypatch.setattr(networks, "LEASES", tmp_path)
    monkeypatch.setattr(networks.os, "geteuid", lambda: 0)
    lease = tmp_path / "stackward-shop" / "10.89.3.2"
    lease.parent.mkdir()
    lease.write_text("container")
    networks.remove(programs.engine("'network ls'*) echo stackward-shop ;; 'network rm'*) ;;"), "shop")
    assert list(tmp_path.glob("*shop*")) == []
    assert programs.calls[-1] == "podman network rm stackward-shop"


def test_a_lease_is_dropped_once(tmp_path, monkeypatch):
    monkeypatch.setattr(networks, "LEASES", tmp_path)
    lease = tmp_path / "stackward-shop" / "10.89.3.2"
    lease.parent.mkdir()
    lease.write_text("container")
    assert networks.free_lease("shop", "10.89.3.2") is True
    assert networks.free_lease("shop", "10.89.3.2") is False
