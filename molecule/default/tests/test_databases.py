import pytest

testinfra_hosts = ["ansible://db1"]


@pytest.mark.parametrize("unit", ["mariadb", "postgresql", "ledger"])
def test_services_run_and_start_with_the_host(host, unit):
    service = host.service(unit)
    assert service.is_running
    assert service.is_enabled


def test_mariadb_has_a_database_for_each_app_and_an_account_for_each_of_its_instances(host):
    databases = host.run("mariadb --batch --skip-column-names --execute 'SHOW DATABASES'").stdout.split()
    assert {"guestbook", "ledger"} <= set(databases)
    query = "SELECT CONCAT(User, '@', Host) FROM mysql.user WHERE User IN ('guestbook', 'ledger')"
    accounts = host.run(f'mariadb --batch --skip-column-names --execute "{query}"').stdout.split()
    addresses = {name: host.run(f"getent ahostsv4 {name}").stdout.split()[0] for name in ("web1",)}
    assert f"guestbook@{addresses['web1']}" in accounts
    assert len(accounts) == 2


def test_nobody_else_gets_into_mariadb(host):
    said = host.run("mariadb --host=127.0.0.1 --user=guestbook --password=guess --execute 'SELECT 1'")
    assert said.rc != 0
    assert "Access denied" in said.stderr or "not allowed" in said.stderr


def test_parameters_of_the_layers_hold(host):
    assert host.run("mariadb --batch --skip-column-names --execute 'SELECT @@max_connections'").stdout == "50\n"
    assert host.run("su postgres -c \"psql -At -c 'SHOW max_connections'\"").stdout == "50\n"


def test_a_web_application_runs_under_a_tomcat_of_its_own(host):
    assert host.process.filter(user="ledger", comm="java")
    assert host.run("curl --silent --fail http://localhost:8004/healthz").stdout == "ok\n"
