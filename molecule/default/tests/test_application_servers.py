import json

import pytest

testinfra_hosts = ["ansible://web1"]

APPS = [("storefront", 8000), ("shouts", 8002), ("guestbook", 8003)]


@pytest.mark.parametrize(("app", "port"), APPS)
def test_the_app_answers_on_its_port(host, app, port):
    assert host.service(app).is_running
    assert host.service(app).is_enabled
    assert host.socket(f"tcp://0.0.0.0:{port}").is_listening or host.socket(f"tcp://:::{port}").is_listening


def test_the_static_site_is_served(host):
    assert host.run("curl --silent --fail --header 'Host: brochure.example.com' http://localhost:8080/healthz").rc == 0


@pytest.mark.parametrize("app", ["storefront", "shouts", "guestbook", "brochure"])
def test_a_release_is_live(host, app):
    current = host.file(f"/srv/{app}/current")
    assert current.is_symlink
    assert current.linked_to.startswith(f"/srv/{app}/releases/")


@pytest.mark.parametrize("app", ["storefront", "shouts", "guestbook"])
def test_an_environment_file_is_for_its_app_alone(host, app):
    file = host.file(f"/etc/stackward/apps/{app}.env")
    assert (file.user, file.group, file.mode) == ("root", app, 0o640)


@pytest.mark.parametrize("app", ["shouts", "guestbook"])
def test_an_app_runs_under_an_account_of_its_own(host, app):
    pid = host.run(f"systemctl show --property=MainPID --value {app}.service").stdout.strip()
    assert host.run(f"stat --format=%U /proc/{pid}").stdout.strip() == app


def test_recipes_have_run_after_the_built_in_part(host):
    assert "Welcome to the test" in host.file("/etc/motd").content_string


def test_the_attribute_document_names_what_is_online(host):
    document = host.file("/etc/stackward/attributes.json")
    assert document.mode == 0o640
    layers = json.loads(document.content_string)["layers"]
    assert set(layers["lb"]["instances"]) == {"lb1"}


def test_a_node_exporter_answers(host):
    assert "node_cpu_seconds_total" in host.run("curl --silent --fail http://localhost:9100/metrics").stdout
