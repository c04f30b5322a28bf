"""Settings of layers that change while there is something to lose: data that is held, and what runs meanwhile."""

from __future__ import annotations

import subprocess

import pytest

from tests.endtoend.project import PATIENCE, Project, project

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]

ASK = """
export REDISCLI_AUTH=$(sed -n 's/^requirepass "\\(.*\\)"$/\\1/p' /etc/redis/redis.conf)
redis-cli "$@"
"""
TABLE = "/etc/cron.d/stackward"


def definition(*, append_only: bool, tls: dict[str, object], number: int = 1) -> dict[str, object]:
    jobs = {"theirs": {"at": "@daily", "job": "true", "user": "shop"}, "ours": {"at": "@daily", "job": "true"}}
    return {
        "layers": {
            "lb": {"uses": "haproxy"},
            "web": {"uses": "static_web", "port": 8080, "cron": jobs},
            "cache": {"uses": "redis", "append_only": append_only},
        },
        "instances": {"box1": {"layers": ["lb", "web", "cache"]}},
        "apps": {
            "shop": {
                "layers": ["web"],
                "source": {"type": "directory", "path": "../apps/shop"},
                "domains": [f"d{place}.example.com" for place in range(number)],
                "tls": tls,
            }
        },
    }


def redis(stack: Project, *words: str) -> str:
    return stack.on("box1", "sh", "-c", ASK, "ask", *words).strip()


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    folder = tmp_path_factory.mktemp("changed")
    (folder / "apps" / "shop").mkdir(parents=True)
    (folder / "apps" / "shop" / "index.html").write_text("shop\n")
    with project(folder, "autochange") as made:
        made.write(definition(append_only=False, tls={"certificate": "generated"}))
        made.play("start")
        yield made


def test_a_log_of_writes_begins_with_what_redis_holds_however_often_it_is_wanted(box):
    for value in ("first", "second"):
        redis(box, "set", "held", value)
        box.write(definition(append_only=True, tls={"certificate": "generated"}))
        box.play("configure")
        assert redis(box, "config", "get", "appendonly").split() == ["appendonly", "yes"]
        assert redis(box, "get", "held") == value
        box.write(definition(append_only=False, tls={"certificate": "generated"}))
        box.play("configure")
        assert redis(box, "get", "held") == value


def test_a_job_of_an_account_that_is_not_there_yet_keeps_no_other_from_running(box):
    table = box.on("box1", "cat", TABLE)
    assert "ours" in table
    assert "theirs" not in table
    box.on("box1", "useradd", "--system", "shop")
    box.play("configure")
    assert "theirs" in box.on("box1", "cat", TABLE)


def test_a_certificate_that_haproxy_would_not_start_with_leaves_the_one_before(box):
    files = [str(box.file.parent / name) for name in ("weak.key", "weak.crt")]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-days", "9", "-subj", "/CN=shop"]
    subprocess.run([*command, "-keyout", files[0], "-out", files[1]], check=True, capture_output=True, timeout=PATIENCE)
    box.write(definition(append_only=False, tls={"certificate": "weak.crt", "key": "weak.key"}))
    printed = box.play("configure", succeeds=False)
    assert "shop: certificate that HAProxy takes" in printed
    box.on("box1", "haproxy", "-c", "-q", "-f", "/etc/haproxy/haproxy.cfg")


def test_an_app_may_have_more_domains_than_haproxy_reads_words_of_a_line(box):
    box.write(definition(append_only=False, tls={"certificate": "generated"}, number=150))
    box.play("configure")
    address = box.state().instances["box1"].machine.address
    command = ["curl", "--silent", "--insecure", "--resolve", f"d149.example.com:443:{address}"]
    done = subprocess.run(
        [*command, "https://d149.example.com/"], check=True, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.stdout == "shop\n"
