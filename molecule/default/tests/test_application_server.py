import json

testinfra_hosts = ["ansible://layer_web"]


def test_gunicorn_serves_the_app(host):
    assert host.service("storefront").is_running
    assert host.socket("tcp://0.0.0.0:8000").is_listening
    assert host.run("curl --silent --fail http://localhost:8000/healthz").stdout == "ok\n"


def test_a_release_is_live(host):
    current = host.file("/srv/storefront/current")
    assert current.is_symlink
    assert current.linked_to.startswith("/srv/storefront/releases/")


def test_the_environment_file_is_for_the_app_alone(host):
    assert host.file("/etc/stackward/apps/storefront.env").mode & 0o007 == 0


def test_recipes_have_run_after_the_built_in_part(host):
    assert "Welcome to the test" in host.file("/etc/motd").content_string


def test_the_attribute_document_names_what_is_online_beside_an_instance_in_setup(host):
    document = host.file("/etc/stackward/attributes.json")
    assert document.mode == 0o640
    layers = json.loads(document.content_string)["layers"]
    assert set(layers["lb"]["instances"]) == {"lb1"}
    assert set(layers["web"]["instances"]) == set()
