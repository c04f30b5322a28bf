"""Wrong load balancers and ingress of a layer: line, path, what is wrong, and what would be right."""

from __future__ import annotations

import pytest

from stackward.definition.loader import load_text
from stackward.definition.model import Volume
from stackward.definition.resources import BalancerType, Ingress, LoadBalancer
from stackward.errors import DefinitionError

FILE = """\
plugin: stackward.ops.stack
name: shop
provider: {{type: container}}
layers:
  lb: {{ingress: default}}
  db: {{}}
  web:
    {given}
instances:
  lb1: {{layers: [lb]}}
  db1: {{layers: [db]}}
  web1: {{layers: [web]}}
"""

MISTAKES = {
    "load_balancers: [{}]": "load_balancers[0]: does not say which load balancer; write {target_group: NAME} or "
    "{classic: NAME}",
    "load_balancers: [{classic: a, target_group: b}]": "load_balancers[0]: is two load balancers; write "
    "{target_group: NAME} or {classic: NAME}",
    "load_balancers: [{classic: a, port: 80}]": "load_balancers[0].port: a classic load balancer knows no port of an "
    "instance; remove port; the listeners of a classic load balancer say it",
    "load_balancers: [{classic: -a}]": 'load_balancers[0].classic: "-a" is not the name of a classic load balancer; '
    "write its name, such as shop",
    "load_balancers: [{target_group: 'arn:aws:s3:::x'}]": 'load_balancers[0].target_group: "arn:aws:s3:::x" is not a '
    "target group; write its name, such as shop-web, or its ARN",
    "load_balancers: [{classic: a}, {classic: a}]": 'load_balancers[1]: "a" is listed twice; list each load balancer '
    "once",
    "load_balancers: [{balancer: a}]": "load_balancers[0].balancer: unknown key; the keys here are: target_group, "
    "classic, port",
    "volumes: [{mount: /a, disks: 2}]": "volumes[0].disks: several disks are an array; write raid: 0, 1 or 10 too, or "
    "remove disks",
    "volumes: [{mount: /a, raid: 10, disks: 3}]": "volumes[0].disks: an array of level 10 cannot be of 3 disks; write "
    "4, 6 or 8",
    "volumes: [{mount: /a, raid: 5}]": "volumes[0].raid: is the number 5; write 0, 1 or 10",
    "volumes: [{mount: /a, raid: false}]": "volumes[0].raid: is the boolean false; write 0, 1 or 10",
    "volumes: [{mount: /a, raid: 1.0}]": "volumes[0].raid: is the number 1.0; write 0, 1 or 10",
    "ingress: yes": "ingress: is the boolean true; write `default`, or a list of rules such as {ports: 8000, from: lb}",
    "ingress: [{ports: 80}]": "ingress: a rule does not say from where; write a layer, a network such as 192.0.2.0/24, "
    "everywhere, or a list of them",
    "ingress: [{from: lb}]": "ingress: the ports of a rule are empty; write a port such as 8000, or several such as "
    '"8000-8010"',
    "ingress: [{ports: 90-80, from: lb}]": 'ingress: "90-80" are not ports; write a port such as 8000, or several such '
    'as "8000-8010"',
    "ingress: [{protocol: all, ports: 1, from: lb}]": "ingress: all has no ports; remove ports, or write protocol: tcp",
    "ingress: [{protocol: gre, from: lb}]": 'ingress: "gre" is not a protocol; write one of tcp, udp, icmp, all',
    "ingress: [{ports: 80, from: 10.0.0.0/33}]": 'ingress: "10.0.0.0/33" is not an IPv4 network; write one such as '
    "192.0.2.0/24",
    "ingress: [{ports: 80, from: lbb}]": 'ingress[0].from: "lbb" is neither a layer nor a network; did you mean "lb"?',
    "ingress: [{ports: 80, from: db}]": 'ingress[0].from: the layer "db" has no group that could be let in; write '
    "ingress for it too, such as layers.db.ingress: default",
}


@pytest.mark.parametrize("given", MISTAKES)
def test_a_wrong_resource_is_refused_with_line_path_and_remedy(given):
    with pytest.raises(DefinitionError) as refused:
        load_text(FILE.format(given=given), "/project/inventory/shop.stack.yml", environment={})
    problems = [problem.removeprefix("/project/inventory/shop.stack.yml:") for problem in refused.value.problems]
    assert problems == [f"8: layers.web.{MISTAKES[given]}"]


def test_load_balancers_and_rules_are_read():
    given = (
        "load_balancers: [{target_group: shop-web, port: 8000}, {classic: shop}]\n"
        '    ingress: [{ports: 8000, from: [lb, everywhere]}, {protocol: udp, ports: "53-54", from: 10.1.0.0/16}]'
    )
    stack = load_text(FILE.format(given=given), "/project/inventory/shop.stack.yml", environment={})
    assert stack.layers["web"].load_balancers == (
        LoadBalancer(BalancerType.TARGET_GROUP, "shop-web", 8000),
        LoadBalancer(BalancerType.CLASSIC, "shop"),
    )
    assert stack.layers["web"].ingress == (
        Ingress("tcp", 8000, 8000, layer="lb"),
        Ingress("tcp", 8000, 8000, network="0.0.0.0/0"),
        Ingress("udp", 53, 54, network="10.1.0.0/16"),
    )
    assert stack.layers["lb"].open_by_default
    assert stack.layers["db"].ingress is None


@pytest.mark.parametrize(
    ("given", "disks", "each"),
    [
        ("raid: 0", 2, 51),
        ("raid: 1", 2, 101),
        ("raid: 10", 4, 51),
        ("raid: 10, disks: 6", 6, 34),
        ("size: 101G", 1, 101),
    ],
)
def test_an_array_holds_what_is_asked_for(given, disks, each):
    size = "" if "size" in given else ", size: 101G"
    text = FILE.format(given=f"volumes: [{{mount: /a, {given}{size}}}]")
    (volume,) = load_text(text, "/project/inventory/shop.stack.yml", environment={}).layers["web"].volumes
    assert (volume.disks, volume.size_of_each) == (disks, each)


OWN = """\
plugin: stackward.ops.stack
name: shop
provider: {type: container}
layers:
  db: {volumes: [{mount: /srv, size: 10G}, {mount: /log}], elastic_ip: true}
instances:
  db1: {layers: [db]}
  db2: {layers: [db], elastic_ip: false, volumes: [{mount: /srv, size: 90G}, {mount: /own}]}
  db3: {layers: [db], address: 192.0.2.3}
"""


def test_an_instance_may_have_disks_of_its_own_beside_and_instead_of_its_layers():
    stack = load_text(OWN, "/project/inventory/shop.stack.yml", environment={})
    volumes = {name: stack.volumes_of(instance) for name, instance in stack.instances.items()}
    assert volumes["db1"] == (Volume("/srv", 10), Volume("/log"))
    assert volumes["db2"] == (Volume("/srv", 90), Volume("/log"), Volume("/own"))


def test_an_address_is_given_by_the_layer_unless_the_instance_says_otherwise_or_is_somebodys_own():
    stack = load_text(OWN, "/project/inventory/shop.stack.yml", environment={})
    assert [name for name, instance in stack.instances.items() if instance.elastic_ip] == ["db1"]


def test_an_instance_that_mounts_two_disks_at_one_place_is_refused():
    text = OWN.replace("{mount: /own}", "{mount: /srv}")
    with pytest.raises(DefinitionError, match="is mounted twice here; give each volume a folder of its own"):
        load_text(text, "/project/inventory/shop.stack.yml", environment={})
