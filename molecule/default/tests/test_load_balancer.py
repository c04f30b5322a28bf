import json
import time

import pytest

testinfra_hosts = ["ansible://lb1"]


def asked(host, name):
    """Ask for an app over HTTPS, by its name."""
    return host.run(f"curl --silent --fail --insecure --resolve {name}:443:127.0.0.1 https://{name}/").stdout


def test_haproxy_accepts_its_configuration(host):
    assert host.run("haproxy -c -f /etc/haproxy/haproxy.cfg").rc == 0


@pytest.mark.parametrize("unit", ["haproxy", "redis-server", "memcached", "prometheus", "prometheus-node-exporter"])
def test_services_run_and_start_with_the_host(host, unit):
    service = host.service(unit)
    assert service.is_running
    assert service.is_enabled


def test_the_first_app_answers_for_what_no_domain_names(host):
    assert host.run("curl --silent --fail http://localhost/healthz").stdout == "ok\n"


def test_a_node_app_counts_in_redis(host):
    assert asked(host, "node.example.com").startswith("Hello from Node.js, visit ")
    assert asked(host, "node.example.com").endswith(", by https\n")


def test_a_php_app_writes_to_mariadb(host):
    assert asked(host, "php.example.com").startswith("Hello from PHP, visit ")


def test_a_java_app_writes_to_mariadb_and_reaches_memcached(host):
    answer = asked(host, "java.example.com")
    assert answer.startswith("Hello from Java, visit ")
    assert "memcached VERSION" in answer


@pytest.mark.parametrize(("name", "status"), [("php.example.com", "308"), ("java.example.com", "200")])
def test_plain_http_is_led_to_https_where_the_app_wants_it(host, name, status):
    command = "curl --silent --output /dev/null --write-out '%{http_code}'"
    assert host.run(f"{command} --resolve {name}:80:127.0.0.1 http://{name}/").stdout == status


def test_keys_are_for_root_alone(host):
    folder = host.file("/etc/haproxy/certificates")
    assert (folder.user, folder.mode) == ("root", 0o700)
    assert {host.file(f"/etc/haproxy/certificates/{name}").mode for name in folder.listdir()} == {0o600}


def test_every_target_of_prometheus_is_up(host):
    targets = scraped(host)
    assert {entry["labels"]["instance"] for entry in targets if entry["labels"]["job"] == "node"} == {
        "db1",
        "lb1",
        "web1",
    }
    assert [entry["labels"] for entry in targets if entry["health"] != "up"] == []


def scraped(host):
    """Prometheus' targets, each of them asked at least once: one is "unknown" until its first scrape, 15 s at most."""
    until = time.monotonic() + 60
    while True:
        said = json.loads(host.run("curl --silent --fail http://localhost:9090/api/v1/targets").stdout)
        targets = said["data"]["activeTargets"]
        if time.monotonic() > until or all(entry["health"] != "unknown" for entry in targets):
            return targets
        time.sleep(1)


def test_redis_asks_for_its_password(host):
    assert "NOAUTH" in host.run("redis-cli -h lb1 get visits").stdout + host.run("redis-cli get visits").stdout
    assert host.file("/etc/redis/redis.conf").mode == 0o640


def test_it_knows_the_application_server_by_name(host):
    assert host.run("getent hosts web1").rc == 0


def test_the_attribute_document_is_there_for_root_alone(host):
    document = host.file("/etc/stackward/attributes.json")
    assert document.user == "root"
    assert document.mode == 0o640
    assert json.loads(document.content_string)["instance"]["name"] == "lb1"
