"""A twin's file is a right stack file of its own, with one instance like the one that it is made after."""

from stackward.definition import loader
from stackward.definition.model import InstanceType
from stackward.definition.twin import WITNESS, twin
from stackward.lifecycle.health import Remedy

TEXT = """\
plugin: stackward.ops.stack
name: shop
state: postgresql://db.example/stackward
timezone: Europe/Vienna
provider: {type: container, subnet: 10.251.0.0/24}
controller: {url: "https://ctl.example:8470"}
attributes: {motd: "1.10"}
layers:
  lb: {uses: haproxy}
  web:
    uses: python_app
    packages: [imagemagick]
    healing: {after: 5m, check: {http: ":8000/healthz"}, on_failed_check: heal}
    scaling: {load: {up: {cpu: 80}, down: {cpu: 30}, min: 1}}
  db: {uses: postgresql}
instances:
  lb1: {layers: [lb]}
  web1: {layers: [web], elastic_ip: true}
  "web[2:4]": {layers: [web], type: load, attributes: {colour: blue}}
  db1: {layers: [db]}
apps:
  storefront:
    layers: [web]
    source: {type: git, url: "https://git.example/storefront.git"}
    database: db
  pages:
    layers: [web]
    source: {type: git, url: "https://git.example/pages.git"}
    domains: [pages.example]
    deploy: {batch: 50%}
    environment:
      VERSION: 1.10
      KEY: !vault |
        $ANSIBLE_VAULT;1.1;AES256
        6162
"""
PLACE = "/project/inventory/shop.stack.yml"


def read(text, name="web3"):
    stack = loader.load_text(text, PLACE, environment={})
    made = twin(text, stack, stack.instances[name], [Remedy.REBOOT, Remedy.REPLACE])
    return made, loader.load_text(made.text, PLACE, environment={})


def test_it_is_a_stack_of_its_own_with_the_instance_and_a_witness():
    made, its = read(TEXT)
    assert its.name == made.stack == "shop-twin"
    assert set(its.instances) == {"web3", WITNESS}
    assert set(its.layers) == {"web", "twin_witness"}
    assert its.state.startswith("sqlite:///")
    assert its.controller is None
    assert "subnet" not in its.provider.options


def test_the_instance_is_as_in_the_stack_but_that_nobody_starts_or_stops_it():
    instance = read(TEXT)[1].instances["web3"]
    assert instance.type is InstanceType.ALWAYS
    assert instance.attributes == {"colour": "blue"}
    assert read(TEXT)[1].layers["web"].uses == "python_app"
    assert not read(TEXT, "web1")[1].instances["web1"].elastic_ip


def test_it_is_healed_at_once_by_the_remedies_that_are_tried():
    healing = read(TEXT)[1].layers["web"].healing
    assert (healing.after, healing.back_off, healing.check) == (1.0, 1.0, None)
    assert healing.remedies == (Remedy.REBOOT, Remedy.REPLACE)


def test_an_app_whose_database_is_elsewhere_is_left_out_and_named():
    made, its = read(TEXT)
    assert list(its.apps) == ["pages"]
    assert made.left_out == ("storefront: its database is in layer db, which web3 does not have",)


def test_what_is_written_stays_as_it_is_written():
    its = read(TEXT)[1]
    assert its.attributes == {"motd": "1.10"}
    assert its.apps["pages"].environment["VERSION"] == "1.10"
    assert its.apps["pages"].environment["KEY"].ciphertext.startswith("$ANSIBLE_VAULT;1.1;AES256\n6162")


def test_an_instance_of_a_pool_has_a_twin_too():
    text = TEXT.replace("    scaling: {load", "    pool: {max: 9}\n    scaling: {load").replace(", min: 1}}", "}}")
    stack = loader.load_text(text, PLACE, environment={})
    pooled = next(item.name for item in stack.instances.values() if item.pooled)
    assert set(read(text, pooled)[1].instances) == {pooled, WITNESS}
