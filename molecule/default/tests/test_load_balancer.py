import json

testinfra_hosts = ["ansible://layer_lb"]


def test_haproxy_accepts_its_configuration(host):
    assert host.run("haproxy -c -f /etc/haproxy/haproxy.cfg").rc == 0


def test_haproxy_runs_and_starts_with_the_host(host):
    service = host.service("haproxy")
    assert service.is_running
    assert service.is_enabled


def test_the_app_answers_through_it(host):
    assert host.run("curl --silent --fail http://localhost/healthz").stdout == "ok\n"


def test_it_knows_the_application_server_by_name(host):
    assert host.run("getent hosts web1").rc == 0
    assert "web1" in host.file("/etc/hosts").content_string


def test_the_attribute_document_is_there_for_root_alone(host):
    document = host.file("/etc/stackward/attributes.json")
    assert document.user == "root"
    assert document.mode == 0o640
    assert json.loads(document.content_string)["instance"]["name"] == "lb1"
