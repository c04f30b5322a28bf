"""Databases beside layers: what is wrong with them, how they are read, and what they are where no provider has any."""

from __future__ import annotations

import pytest

from stackward.definition.database import Database, DatabaseEngine
from stackward.definition.loader import load_text
from stackward.definition.model import Secret, Volume
from stackward.errors import DefinitionError

FILE = """\
plugin: stackward.ops.stack
name: shop
provider: {provider}
databases:
  {given}
layers:
  web: {{}}
instances:
  web1: {{layers: [web]}}
apps:
  storefront: {{layers: [web], source: {{type: git, url: https://git.example.com/x.git}}, database: {named}}}
"""
CONTAINER = "{type: container}"
EC2 = "{type: ec2, region: eu-west-1, image: ami-0123456789abcdef0, instance_types: m5.large}"


def read(given, *, provider=CONTAINER, named="main"):
    text = FILE.format(given=given, provider=provider, named=named)
    return load_text(text, "/project/inventory/shop.stack.yml", environment={})


MISTAKES = {
    "main: {}": "5: databases.main.engine: is missing; write engine: postgresql",
    "main: {engine: [mysql]}": "5: databases.main.engine: is a list; write postgresql or mysql",
    "main: {engine: oracle}": '5: databases.main.engine: is the string "oracle"; write postgresql or mysql',
    "main: {engine: postgresql, host: db.example.com, user: anna}": "5: databases.main.password: is missing; write "
    "password: who logs in at db.example.com",
    "main: {engine: postgresql, host: a, user: b, password: c, size: 20G}": "5: databases.main.size: a database with a "
    "host is not made here; remove size, or remove host",
    "main: {engine: postgresql, user: anna}": "5: databases.main.user: a database that is made gets its login by "
    "itself; remove user, or write host",
    "main: {engine: postgresql, host: a, user: b, password: 1}": "5: databases.main.password: is the number 1; write "
    "it encrypted: !vault …; numbers want quotes",
}


@pytest.mark.parametrize("given", MISTAKES)
def test_a_wrong_database_is_refused_with_line_path_and_remedy(given):
    with pytest.raises(DefinitionError) as refused:
        read(given)
    problems = [problem.removeprefix("/project/inventory/shop.stack.yml:") for problem in refused.value.problems]
    assert problems == [MISTAKES[given]]


RDS_MISTAKES = {
    "main: {engine: postgresql, size: 19G}": "databases.main.size: Amazon RDS makes no disk smaller than 20G",
    "main_: {engine: mysql}": "databases.main_: Amazon RDS takes no name such as stackward-shop-main-",
    "a__b: {engine: mysql}": "databases.a__b: Amazon RDS takes no name such as stackward-shop-a--b",
    "main: {engine: mysql, provider: {security_groups: [web]}}": "databases.main.provider.security_groups[0]: "
    '"web" is not the id of a security group',
}


@pytest.mark.parametrize("given", RDS_MISTAKES)
def test_what_rds_would_refuse_is_refused_when_the_file_is_read(given):
    named = given.partition(":")[0]
    with pytest.raises(DefinitionError) as refused:
        read(given, provider=EC2, named=named)
    (problem,) = refused.value.problems
    assert RDS_MISTAKES[given] in problem
    assert read(given, named=named)
    assert read(f"{named}: {{engine: mysql, host: a, user: b, password: c}}", provider=EC2, named=named)


def test_a_name_that_is_too_long_for_rds_is_refused_with_how_long_it_may_be():
    long = "m" * 32
    text = FILE.format(given=f"{long}: {{engine: mysql}}", provider=EC2, named=long)
    assert load_text(text, "/project/inventory/shop.stack.yml", environment={})
    with pytest.raises(DefinitionError, match=rf"databases\.{long}: .* 63 characters at most"):
        load_text(text.replace("name: shop", f"name: {'s' * 32}"), "/project/inventory/shop.stack.yml", environment={})


@pytest.mark.parametrize("provider", [CONTAINER, EC2])
def test_a_name_that_a_layer_or_an_instance_has_is_refused(provider):
    with pytest.raises(DefinitionError, match=r"databases\.web: there is a layer of this name"):
        read("web: {engine: postgresql}", provider=provider, named="web")


def test_a_provider_that_makes_databases_gets_them_and_no_instance():
    stack = read("main: {engine: postgresql, size: 50G, provider: {multi_az: true}}", provider=EC2)
    assert list(stack.instances) == ["web1"]
    main = stack.databases["main"]
    assert (main.engine, main.database, main.size) == (DatabaseEngine.POSTGRESQL, "main", 50)
    assert main.options["multi_az"] is True


@pytest.mark.parametrize(("engine", "folder"), [("postgresql", "/var/lib/postgresql"), ("mysql", "/var/lib/mysql")])
def test_with_containers_an_instance_with_the_built_in_layer_stands_for_it(engine, folder):
    stack = read(f"main: {{engine: {engine}, size: 50G, provider: {{multi_az: true}}}}")
    assert stack.databases == {}
    assert stack.layers["main"].uses == engine
    assert stack.layers["main"].volumes == (Volume(folder, 50),)
    assert stack.instances["main1"].layers == ("main",)
    assert stack.apps["storefront"].database == "main"


@pytest.mark.parametrize("provider", [CONTAINER, EC2])
def test_a_registered_database_is_the_same_with_every_provider(provider):
    given = "main: {engine: mysql, host: db.example.com, user: anna, name: shop, password: !vault '$ANSIBLE_VAULT;x'}"
    stack = read(given, provider=provider)
    main = stack.databases["main"]
    assert main.password == Secret("$ANSIBLE_VAULT;x")
    assert (main.host, main.user, main.database) == ("db.example.com", "anna", "shop")
    assert isinstance(main, Database)
    assert "anna" not in repr(main.password)
    assert list(stack.instances) == ["web1"]


BALANCED = """\
plugin: stackward.ops.stack
name: shop
provider: {{type: container}}
layers:
  web: {{uses: static_web, load_balancers: [{{target_group: shop-web}}]}}
{lb}instances:
  web1: {{layers: [web]}}
{lb1}"""


def test_with_containers_an_instance_with_haproxy_stands_for_load_balancers():
    text = BALANCED.format(lb="", lb1="")
    stack = load_text(text, "/project/inventory/shop.stack.yml", environment={})
    assert stack.layers["load_balancer"].uses == "haproxy"
    assert stack.instances["load-balancer1"].layers == ("load_balancer",)


def test_a_stack_that_balances_itself_gets_no_second_load_balancer():
    text = BALANCED.format(lb="  lb: {uses: haproxy}\n", lb1="  lb1: {layers: [lb]}\n")
    stack = load_text(text, "/project/inventory/shop.stack.yml", environment={})
    assert list(stack.instances) == ["web1", "lb1"]
