"""The options of EC2: every mistake is said with its place and a remedy, when the stack file is read."""

import pytest

from stackward.definition import loader
from stackward.errors import DefinitionError

GOOD = "type: ec2, region: eu-central-1, image: ami-0123456789abcdef0, instance_types: m5.large"


def load(provider: str, instance: str = "{layers: [web]}"):
    text = (
        f"plugin: stackward.ops.stack\nname: shop\nprovider: {{{provider}}}\nlayers:\n  web: {{}}\n"
        f"instances:\n  web1: {instance}\n"
    )
    return loader.load_text(text, "/project/inventory/shop.stack.yml", environment={})


@pytest.mark.parametrize(
    ("provider", "said"),
    [
        ("type: ec2", "3: provider.region: is missing; write region: eu-central-1"),
        ("type: ec2", "provider.instance_types: is missing"),
        (f"{GOOD}, regoin: x", 'provider.regoin: unknown key; did you mean "region"?'),
        (GOOD.replace("eu-central-1", "europe"), 'provider.region: "europe" is not a region'),
        (GOOD.replace("ami-0123456789abcdef0", "debian"), 'provider.image: "debian" is not the id of an image'),
        (GOOD.replace("ami-0123456789abcdef0", "{owner: a}"), "provider.image: has no name"),
        (GOOD.replace("ami-0123456789abcdef0", "{owner: 1, name: x}"), "numbers want quotes"),
        (GOOD.replace("m5.large", "[large]"), 'provider.instance_types: "large" is not a type of instance'),
        (GOOD.replace("m5.large", "[m5.large, m5.large]"), "provider.instance_types: names one twice"),
        (f"{GOOD}, market: cheap", 'provider.market: "cheap" is not a market'),
        (f"{GOOD}, spot_price: 0.1", "provider.spot_price: nothing is bought as spot"),
        (GOOD.replace("ami-0123456789abcdef0", "{ssm: two words}"), 'provider.image: "two words" is not the name of a'),
        (f"{GOOD}, zones: [us-east-1a]", "provider.zones[0]: us-east-1a is not in eu-central-1"),
        (f"{GOOD}, zones: [eu-central-1a], subnets: [subnet-0123456789abcdef0]", "a subnet is in a zone already"),
        (f"{GOOD}, root: {{size: 20}}", "provider.root.size: is the number 20"),
        (f"{GOOD}, root: {{encrypted: maybe}}", "provider.root.encrypted:"),
        (
            f"{GOOD}, root: {{type: io2}}",
            "provider.root.iops: is missing, and io2 has no speed of its own; write iops: ",
        ),
        (f"{GOOD}, volumes: {{type: io1}}", "provider.volumes.iops: is missing"),
        (
            f"{GOOD}, volumes: {{type: gp2, iops: 3000}}",
            "provider.volumes.iops: gp2 takes none; remove iops, or write ",
        ),
        (f"{GOOD}, volumes: {{type: io2, iops: 3000, throughput: 200}}", "provider.volumes.throughput: io2 takes none"),
        (f"{GOOD}, root: {{iops: 1000}}", "provider.root.iops: gp3 has 3000 at least; write more, or remove iops"),
        (
            f"{GOOD}, root: {{encrypted: false, kms_key: k}}",
            "provider.root.kms_key: a disk that is not encrypted has no",
        ),
        (f"{GOOD}, root: {{type: st1}}", "provider.root.type: no machine boots from st1"),
        (f"{GOOD}, tags: {{Name: x}}", 'the tag "Name" is not free'),
        (
            f"{GOOD}, tags: {{{', '.join(f't{number}: x' for number in range(46))}}}",
            "provider.tags: are 46; keep 45 at most",
        ),
        (f"{GOOD}, connection: ssm", "provider.connection: Ansible's connection by Systems Manager needs a bucket"),
        (f"{GOOD}, ssm_bucket: files", "provider.ssm_bucket: is for connections by Systems Manager"),
        (f"{GOOD}, connection: telnet", 'provider.connection: is the string "telnet"; write'),
        (f"{GOOD}, access_key: AKIA, secret_key: x", "provider.access_key: unknown key"),
        (f"{GOOD}, profile: shop", "provider.profile: unknown key"),
        (f"{GOOD}, address: both", 'provider.address: is the string "both"; write'),
    ],
)
def test_a_wrong_option_is_refused(provider, said):
    with pytest.raises(DefinitionError) as refused:
        load(provider)
    assert said in "\n".join(refused.value.problems)


@pytest.mark.parametrize(
    "disk", ["{iops: 4000}", "{iops: 4000, throughput: 250}", "{type: io2, iops: 9000}", "{type: gp2}", "{size: 20G}"]
)
def test_a_disk_as_aws_has_them_is_taken(disk):
    assert load(f"{GOOD}, root: {disk}").provider_of("web1").options["root"]


def test_a_type_of_disk_that_there_is_not_is_one_mistake():
    with pytest.raises(DefinitionError) as refused:
        load(f"{GOOD}, root: {{type: fast, iops: 4000}}")
    assert len(refused.value.problems) == 1


def test_a_disk_of_a_layer_or_an_instance_is_looked_at_too():
    with pytest.raises(DefinitionError, match=r"7: instances\.web1\.provider\.volumes\.iops: is missing"):
        load(GOOD, "{layers: [web], provider: {volumes: {type: io2}}}")


def test_an_instance_has_options_of_its_own_beside_the_stacks():
    stack = load(GOOD, "{layers: [web], provider: {instance_types: [c6i.large], market: [spot, on-demand]}}")
    options = stack.provider_of("web1").options
    assert options["instance_types"] == ["c6i.large"]
    assert options["market"] == ["spot", "on-demand"]
    assert options["region"] == "eu-central-1"
    assert stack.provider_of("web1").user == "stackward"


def test_a_mistake_in_the_options_of_an_instance_is_said_there():
    with pytest.raises(DefinitionError, match=r'7: instances\.web1\.provider\.instance_types: "large" is not a type'):
        load(GOOD, "{layers: [web], provider: {instance_types: [large]}}")


def test_networks_from_where_ssh_comes_are_kept_as_aws_writes_them():
    stack = load(f"{GOOD}, ssh_from: [192.0.2.10, 198.51.100.0/255.255.255.0, 203.0.113.0/24]")
    assert stack.provider.options["ssh_from"] == ["192.0.2.10/32", "198.51.100.0/24", "203.0.113.0/24"]


@pytest.mark.parametrize("region", ["us-gov-west-1", "cn-northwest-1", "us-isob-east-1", "eusc-de-east-1"])
def test_regions_of_every_part_of_aws_are_taken(region):
    stack = load(f"{GOOD.replace('eu-central-1', region)}, zones: [{region}a]")
    assert stack.provider.options["region"] == region


def test_from_where_ssh_comes_is_no_matter_of_a_single_instance():
    with pytest.raises(DefinitionError, match=r"7: instances\.web1\.provider\.ssh_from: a layer has a security group"):
        load(GOOD, "{layers: [web], provider: {ssh_from: [192.0.2.0/24]}}")


def test_the_options_of_the_stack_may_be_unused():
    stack = load("type: ec2", "{layers: [web], address: 192.0.2.1}")
    assert stack.provider_of("web1").type == "static"


LAYERED = """plugin: stackward.ops.stack
name: shop
provider: {type: ec2, region: eu-central-1, instance_types: m5.large, security_groups: [shop]}
layers:
  web: {provider: {image: ami-0123456789abcdef0, security_groups: web}}
  db: {provider: {image: ami-0123456789abcdef1, instance_types: [r6i.large]}}
instances:
  web1: {layers: [web]}
  db1: {layers: [db]}
  both: {layers: [db, web], provider: {security_groups: [extra, shop]}}
"""


def read(text: str):
    return loader.load_text(text, "/project/inventory/shop.stack.yml", environment={})


def test_options_of_layers_win_in_the_order_of_the_file_and_security_groups_add_up():
    stack = read(LAYERED)
    web, db, both = (stack.provider_of(name).options for name in ("web1", "db1", "both"))
    assert (web["instance_types"], db["instance_types"]) == (["m5.large"], ["r6i.large"])
    assert web["security_groups"] == ["shop", "web"]
    assert db["security_groups"] == ["shop"]
    assert both["image"] == "ami-0123456789abcdef1"
    assert both["security_groups"] == ["shop", "web", "extra"]


def test_options_are_read_also_where_others_add_the_rest():
    text = LAYERED.replace("security_groups: [shop]}", "security_groups: shop, ssh_from: 192.0.2.10}")
    options = read(text).provider.options
    assert (options["ssh_from"], options["security_groups"]) == (["192.0.2.10/32"], ["shop"])
    assert "image" not in options


def test_options_of_a_layer_are_told_with_those_of_the_stack():
    stack = read(LAYERED.replace("security_groups: web", "ssh_from: 192.0.2.10, security_groups: web"))
    web, db = (stack.provider_of_layer(stack.layers[name]).options for name in ("web", "db"))
    assert (web["ssh_from"], web["region"]) == (["192.0.2.10/32"], "eu-central-1")
    assert ("ssh_from" in db, db["instance_types"]) == (False, ["r6i.large"])


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("[r6i.large]", "[huge]", '6: layers.db.provider.instance_types: "huge" is not a type'),
        ("image: ami-0123456789abcdef1, ", "", "3: provider.image: is missing"),
        ("{image: ami-0123456789abcdef1", "{type: ec2, image: ami-0123456789abcdef1", "a layer has no provider of its"),
        ("[extra, shop]", "[1]", "10: instances.both.provider.security_groups: is the number 1"),
        ("[shop]", "{}", "3: provider.security_groups: is an empty mapping"),
        ("[shop]", "[]", "3: provider.security_groups: is an empty list"),
        ("[shop]", "[{}]", "3: provider.security_groups: is an empty mapping"),
        ("m5.large", "huge", '3: provider.instance_types: "huge" is not a type'),
        ("{image: ami-0123456789abcdef0, ", "{image: debian, ", '5: layers.web.provider.image: "debian" is not the id'),
    ],
)
def test_a_mistake_is_said_where_it_is_written(before, after, said):
    with pytest.raises(DefinitionError) as refused:
        read(LAYERED.replace(before, after))
    assert said in "\n".join(refused.value.problems)


def test_a_mistake_is_said_once_however_many_instances_have_it():
    with pytest.raises(DefinitionError) as refused:
        read(LAYERED.replace("m5.large", "huge"))
    assert len(refused.value.problems) == 1


def test_a_mistake_is_said_also_where_every_instance_has_an_option_of_its_own():
    with pytest.raises(DefinitionError, match=r'3: provider\.instance_types: "huge" is not a type'):
        load(GOOD.replace("m5.large", "huge"), "{layers: [web], provider: {instance_types: m5.large}}")


@pytest.mark.parametrize(
    ("stack", "instance"),
    [
        ("market: spot, spot_price: 0.1", "market: on-demand"),
        ("connection: ssm, ssm_bucket: files", "connection: ssh"),
    ],
)
def test_an_instance_may_leave_unused_what_belongs_to_an_option_that_it_does_not_share(stack, instance):
    assert load(f"{GOOD}, {stack}", f"{{layers: [web], provider: {{{instance}}}}}")


@pytest.mark.parametrize(
    ("stack", "instance", "said"),
    [
        ("market: on-demand", "spot_price: 0.1", "7: instances.web1.provider.spot_price: nothing is bought as spot"),
        ("connection: ssh", "ssm_bucket: files", "7: instances.web1.provider.ssm_bucket: is for connections by"),
    ],
)
def test_an_instance_may_not_add_what_its_other_options_leave_unused(stack, instance, said):
    with pytest.raises(DefinitionError) as refused:
        load(f"{GOOD}, {stack}", f"{{layers: [web], provider: {{{instance}}}}}")
    assert said in "\n".join(refused.value.problems)
