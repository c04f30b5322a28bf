from __future__ import annotations

import json

import pytest

from stackward.errors import ProviderError
from stackward.providers.base import Machine, MachineState
from stackward.providers.container import labels
from stackward.providers.container.containers import Container, Status, from_docker, from_podman, listed
from stackward.providers.container.engine import EngineName

LABELS = {
    labels.STACK: "shop",
    labels.INSTANCE: "web1",
    labels.TOKEN: "token",
    labels.ADDRESS: "10.89.0.2",
    labels.HOST_KEY: "ssh-ed25519 AAAA",
}


def podman(state: str, ports: object = None) -> str:
    return json.dumps([{"Id": "1", "Names": ["stackward-shop-web1"], "State": state, "Labels": LABELS, "Ports": ports}])


def docker(state: str, ports: object = None) -> str:
    described = {
        "Id": "1",
        "Name": "/stackward-shop-web1",
        "State": {"Status": state},
        "Config": {"Labels": LABELS},
        "NetworkSettings": {"Ports": ports},
    }
    return json.dumps([described])


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("created", MachineState.PENDING),
        ("configured", MachineState.PENDING),
        ("running", MachineState.RUNNING),
        ("Running", MachineState.RUNNING),
        ("paused", MachineState.RUNNING),
        ("stopping", MachineState.STOPPING),
        ("exited", MachineState.STOPPED),
        ("dead", MachineState.STOPPED),
        ("removing", MachineState.TERMINATED),
    ],
)
@pytest.mark.parametrize(("parse", "printed"), [(from_podman, podman), (from_docker, docker)])
def test_both_engines_words_mean_the_same_states(parse, printed, word, state):
    (container,) = parse(printed(word))
    assert container.machine(None).state is state
    assert (container.name, container.instance) == ("stackward-shop-web1", "web1")


def test_a_running_machine_is_all_that_its_labels_say():
    (container,) = from_podman(podman("running"))
    assert container.machine("10.89.0.254") == Machine(
        id="1",
        stack="shop",
        instance="web1",
        token="token",
        state=MachineState.RUNNING,
        address="10.89.0.2",
        host_keys=("ssh-ed25519 AAAA",),
        elastic_address="10.89.0.254",
    )


def test_a_machine_is_in_the_zone_that_its_label_says():
    assert Container("1", "c", Status.RUNNING, LABELS).machine(None).zone == ""
    assert Container("1", "c", Status.RUNNING, {**LABELS, labels.ZONE: "a"}).machine(None).zone == "a"


def test_a_machine_that_does_not_run_has_no_address():
    assert Container("1", "c", Status.STOPPED, LABELS).machine(None).address is None


@pytest.mark.parametrize(
    ("parse", "printed"),
    [
        (from_podman, podman("running", [{"container_port": 22, "host_ip": "127.0.0.1", "host_port": 40022}])),
        (from_docker, docker("running", {"22/tcp": [{"HostIp": "127.0.0.1", "HostPort": "40022"}]})),
    ],
)
def test_a_published_port_leads_to_ssh(parse, printed):
    machine = parse(printed)[0].machine(None)
    assert (machine.address, machine.port) == ("127.0.0.1", 40022)


@pytest.mark.parametrize("printed", ["", "null", "[]"])
def test_no_containers_are_printed_in_several_ways(printed):
    assert from_podman(printed) == ()


def test_nonsense_is_shown_and_not_guessed_at():
    with pytest.raises(ProviderError, match="did not answer with JSON: 'oops'"):
        from_podman("oops")


def test_all_of_a_stack_are_one_question_to_podman(programs):
    engine = programs.engine(f"ps*) echo '{podman('running')}' ;;")
    assert len(listed(engine, *labels.selecting("shop"))) == 1
    assert programs.calls == ["podman ps --all --no-trunc --filter label=stackward.stack=shop --format json"]


def test_docker_lists_first_and_inspects_then(programs):
    engine = programs.engine(f"ps*) echo 1 ;; inspect*) echo '{docker('running')}' ;;", EngineName.DOCKER)
    assert len(listed(engine)) == 1
    assert programs.calls == ["docker ps --all --no-trunc --quiet", "docker inspect 1"]


def test_one_that_goes_while_they_are_listed_does_not_fail_the_listing(programs, tmp_path):
    failed = tmp_path / "failed"
    engine = programs.engine(
        f"""ps*) test -e {failed} && {{ echo '[]'; exit 0; }}
             touch {failed}; echo 'Error: no such container 1' >&2; exit 125 ;;"""
    )
    assert listed(engine) == ()
    assert len(programs.calls) == 2
