import dataclasses

import pytest

from stackward.definition.model import Layer, Volume
from stackward.layers import compile_event
from stackward.layers.app_environment import variables_of
from stackward.layers.database_kind import MYSQL
from stackward.layers.errors import LayerError
from stackward.lifecycle.events import Event
from tests.unit.layers.contexts import ACCESS, LAYERS, PASSWORD, contexts, file_at, resource, stack

NATIVE = dataclasses.replace(ACCESS, verifier=MYSQL.verifier(PASSWORD, b""), port=MYSQL.port, scheme=MYSQL.scheme)


def compiled(event=Event.CONFIGURE, access=NATIVE, of=None, volumes=(), **settings):
    layers = {**LAYERS, "db": Layer("db", "mysql", settings, volumes=volumes)}
    return compile_event(contexts(event, of=of or stack(layers=layers), access=access))


def accounts(**arguments):
    return resource(compiled(**arguments), "run", "databases and accounts")


def test_the_verifier_is_that_of_mysql_native_password():
    assert MYSQL.verifier("mypass", b"any") == "*6C8989366EAF75BB670AD8EA7A7FC1176A95CEF4"


def test_an_account_for_each_online_instance_of_the_apps_layers_and_for_no_other_address():
    run = accounts()
    created = [line.split()[5] for line in run.input.splitlines() if line.startswith("CREATE USER")]
    assert created == [f"'storefront'@'10.0.0.{number}'" for number in (1, 2, 4)]
    assert "NOT IN (('storefront', '10.0.0.1'), ('storefront', '10.0.0.2'), ('storefront', '10.0.0.4'))" in run.input
    assert run.unless_output.splitlines() == [
        "database\tstorefront",
        *(f"account\tstorefront\t10.0.0.{number}\t{NATIVE.verifier}\tstorefront" for number in (1, 2, 4)),
    ]


def test_an_underscore_in_a_name_stands_for_itself():
    run = accounts(access=dataclasses.replace(NATIVE, database="store_front"))
    assert "GRANT ALL PRIVILEGES ON `store\\_front`.* TO" in run.input
    assert "CREATE DATABASE IF NOT EXISTS `store_front`" in run.input


def test_names_are_quoted_in_sql():
    run = accounts(access=dataclasses.replace(NATIVE, user="o'b\\", database="o`b"))
    assert "'o''b\\\\'@'10.0.0.1'" in run.input
    assert "`o``b`" in run.input


def test_the_database_host_learns_the_verifier_only():
    run = accounts()
    assert run.secret
    assert NATIVE.verifier not in " ".join((*run.command, *run.unless))
    for entry in compiled():
        if entry.kind != "file" or not entry.secret:
            assert PASSWORD not in repr(entry)


def test_without_apps_every_account_goes_and_no_database():
    layers = {**LAYERS, "db": Layer("db", "mysql")}
    run = accounts(of=stack(layers=layers, apps={}))
    assert run.unless_output == ""
    assert "DROP USER" in run.input
    assert "DROP DATABASE" not in run.input


def test_parameters_of_the_layer_win_over_its_own():
    text = file_at(
        compiled(parameters={"bind_address": "::1", "max_connections": 5, "skip_name_resolve": False}),
        "/etc/mysql/mariadb.conf.d/90-stackward.cnf",
    ).content
    assert 'bind_address = "::1"\n' in text
    assert "max_connections = 5\n" in text
    assert "skip_name_resolve = OFF\n" in text


def test_a_parameter_cannot_begin_another_line():
    with pytest.raises(LayerError, match="one line"):
        compiled(parameters={"init_connect": "x\n[mariadbd]"})


def test_a_volume_must_be_mounted_before_there_is_data():
    run = resource(
        compiled(Event.SETUP, volumes=(Volume("/srv/media"), Volume("/var/lib/mysql"))), "run", "MariaDB's data"
    )
    assert run.command[-1] == "/var/lib/mysql"
    assert resource(compiled(Event.SETUP), "run", "MariaDB's data").command[-1] == ""


def test_apps_find_it_by_its_own_scheme():
    (context,) = [context for context in contexts(access=NATIVE) if context.layer.name == "web"]
    found = variables_of(context, context.apps[0])
    assert found["DATABASE_URL"] == "mysql://storefront:pass%2Fword@10.0.0.9:3306/storefront"
