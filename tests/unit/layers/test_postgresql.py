import dataclasses

from stackward.definition.model import Volume
from stackward.layers import compile_event
from stackward.lifecycle.events import Event
from tests.unit.layers.contexts import ACCESS, LAYERS, contexts, file_at, resource, stack


def test_admits_exactly_the_online_instances_of_the_apps_layers():
    file = file_at(compile_event(contexts()), "/etc/stackward/postgresql/pg_hba.conf")
    hosts = [line.split()[:5] for line in file.content.splitlines() if line.startswith("host")]
    assert hosts == [
        ["host", '"storefront"', '"storefront"', f"10.0.0.{number}/32", "scram-sha-256"] for number in (1, 2, 4)
    ]
    assert file.notify == ("reload:postgresql.service",)
    assert file.mode == "0640"


def test_parameters_of_the_layer_win_over_its_own():
    content = file_at(compile_event(contexts()), "/etc/stackward/postgresql/conf.d/stackward.conf").content
    assert "ssl = off\n" in content
    assert "max_connections = 50\n" in content
    assert "log_line_prefix = 'it''s'\n" in content
    assert "listen_addresses = '*'\n" in content


def test_the_database_host_learns_the_verifier_only():
    run = resource(compile_event(contexts()), "run", "databases and roles")
    assert run.secret
    assert ACCESS.verifier in run.input
    assert ACCESS.verifier not in " ".join((*run.command, *run.unless))
    assert run.unless_output == f"storefront|t|{ACCESS.verifier}|storefront|storefront|f\n"
    for entry in compile_event(contexts()):
        if entry.kind != "file" or not entry.secret:
            assert ACCESS.password not in repr(entry)


def test_names_are_quoted_in_sql():
    access = dataclasses.replace(ACCESS, user="o'b\"x", database="o'b\"x")
    run = resource(compile_event(contexts(access=access)), "run", "databases and roles")
    assert "'o''b\"x'" in run.input
    assert 'REVOKE CONNECT ON DATABASE "o\'b""x" FROM PUBLIC' in run.input


def test_without_databases_logins_are_taken_away():
    run = resource(
        compile_event(contexts(of=stack(apps={"brochure": stack().apps["brochure"]}))), "run", "databases and roles"
    )
    assert run.unless_output == ""
    assert "NOLOGIN" in run.input


def test_nothing_is_ever_dropped():
    for event in Event:
        for entry in compile_event(contexts(event)):
            if entry.kind == "run" and entry.user == "postgres":
                assert "DROP" not in entry.input.upper()


def test_a_volume_must_be_mounted_before_there_is_a_cluster():
    database = dataclasses.replace(LAYERS["db"], volumes=(Volume("/srv/media"), Volume("/var/lib/postgresql")))
    run = resource(
        compile_event(contexts(Event.SETUP, of=stack(layers={**LAYERS, "db": database}))), "run", "PostgreSQL's cluster"
    )
    assert run.command[-1] == "/var/lib/postgresql"
    plain = resource(compile_event(contexts(Event.SETUP)), "run", "PostgreSQL's cluster")
    assert plain.command[-1] == ""
