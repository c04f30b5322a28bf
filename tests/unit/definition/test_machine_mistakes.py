"""Machines that somebody owns: what contradicts itself is refused with its place and a remedy."""

import pytest

from stackward.definition import loader
from stackward.definition.model import ProviderChoice
from stackward.errors import DefinitionError

HEAD = """plugin: stackward.ops.stack
name: shop
provider: {type: container, image: debian-12}
layers:
  web: {}
instances:
"""


def load(instances: str, head: str = HEAD):
    return loader.load_text(head + instances, "/project/inventory/shop.stack.yml", environment={})


@pytest.mark.parametrize(
    ("instances", "said"),
    [
        ("  web1: {layers: [web], address: 300.0.2.1}", '7: instances.web1.address: "300.0.2.1" is neither an IP'),
        ("  web1: {layers: [web], address: 7}", "instances.web1.address: is the number 7; write an IP address"),
        ("  web1: {layers: [web], port: 2222}", "instances.web1.port: is for machines that you own"),
        ("  web1: {layers: [web], address: a.example, port: 0}", "instances.web1.port: 0 is not a port"),
        ("  web1: {layers: [web], address: a.example, user: 'a b'}", '"a b" is not the name of an account'),
        ("  web1: {layers: [web], address: a.example, host_keys: [x]}", '"x" is not a public host key'),
        ("  web1: {layers: [web], address: a.example, power: {start: ''}}", "is not a command of one line"),
        ("  web1: {layers: [web], address: a.example, power: {on: x}}", "instances.web1.power.on: unknown key"),
        ('  web1: {layers: [web], address: a.example, power: {start: "\'"}}', "close the quotes"),
        ("  web1: {layers: [web], address: a.example, elastic_ip: true}", "web1.elastic_ip: a machine that you own"),
        ("  web1: {layers: [web], address: a.example, provider: {type: container}}", "gets its address from it"),
        ("  web1: {layers: [web], address: a.example, zone: 'rack 1'}", '"rack 1" is not the name of a zone'),
        ("  web1: {layers: [web], zone: rack-1}", "instances.web1.zone: is for machines that you own"),
        (
            "  web1: {layers: []}",
            "instances.web1.layers: names no layer, and only a machine that you own may",
        ),
        (
            "  web1: {layers: [web]}\n  web2: {layers: [], address: a.example, type: load}",
            "instances.web2.type: a machine that is in no layer takes no part",
        ),
        ("  web1: {layers: [web], platform: windows}", "instances.web1.platform: is for machines that you own"),
        ("  web1: {layers: [web], address: a.example, platform: windows}", "does not say who logs in to Windows"),
        (
            "  web1: {layers: [web], address: a.example, platform: windows, user: admin, connection: ssh}",
            "web1.connection: Windows machines are not reached over SSH; write psrp or winrm",
        ),
        ("  web1: {layers: [web], address: a.example, connection: psrp}", "psrp is for Windows machines"),
        (
            "  web1: {layers: [web], address: a.example, platform: windows, user: admin, key: ~/.ssh/id}",
            "web1.key: is for SSH, and Windows machines are not reached over it",
        ),
        ('  "web[1:2]": {layers: [web], address: a.example}', "this stands for 2 instances"),
        (
            "  web1: {layers: [web], address: A.example}\n  web2: {layers: [web], address: a.example}",
            '8: instances.web2.address: "web1" is at a.example port 22 already',
        ),
        ("  web1: {layers: [web], provider: {type: static}}", "has no address, and its provider is static"),
    ],
)
def test_a_contradiction_is_refused(instances, said):
    with pytest.raises(DefinitionError) as refused:
        load(instances)
    assert said in "\n".join(refused.value.problems)


def test_an_address_alone_makes_a_machine_one_that_somebody_owns():
    stack = load("  web1: {layers: [web], address: 192.0.2.7, user: admin, power: {start: 'wake {address}'}}")
    power = {"start": ["wake", "{address}"]}
    assert stack.provider_of("web1") == ProviderChoice(
        "static", {"address": "192.0.2.7", "user": "admin", "power": power}
    )


def test_options_of_an_instance_win_over_those_of_the_stack_of_the_same_provider():
    stack = load("  web1: {layers: [web], provider: {image: debian-13}}\n  web2: {layers: [web]}")
    assert stack.provider_of("web1") == ProviderChoice("container", {"image": "debian-13"})
    assert stack.provider_of("web2") == ProviderChoice("container", {"image": "debian-12"})


def test_another_provider_gets_none_of_the_options_of_the_stacks():
    stack = load("  web1: {layers: [web], provider: {type: example, folder: x}}")
    assert stack.provider_of("web1") == ProviderChoice("example", {"folder": "x"})
