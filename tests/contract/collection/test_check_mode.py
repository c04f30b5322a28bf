"""What check mode says of instances that are online, on this machine in place of theirs: nothing is changed there."""

from __future__ import annotations

import re

import pytest

from stackward.lifecycle.states import Desired, Initiator, State
from stackward.state.records import Request
from stackward.state.store import open_store
from tests.contract.collection.test_inventory import NOW, ansible, put_online, write

pytestmark = pytest.mark.ansible

ENCRYPTED = "$ANSIBLE_VAULT;1.1;AES256\\n" + "33" * 40 + "\\n"


def looked(folder, source, playbook, *arguments):
    here = ("--check", "-i", str(source), "-e", "ansible_connection=local")
    done = ansible(folder, "playbook", f"stackward.ops.{playbook}", *here, *arguments)
    return done.returncode, done.stdout + done.stderr


def changed(printed, host="localhost"):
    return int(re.search(rf"^{host} .*changed=(\d+)", printed, re.MULTILINE)[1])


@pytest.fixture
def source(tmp_path):
    found = write(tmp_path)
    put_online(tmp_path, "web1", "127.0.0.1")
    return found


@pytest.mark.parametrize("playbook", ["configure", "converge", "shutdown"])
def test_what_would_be_done_is_told_once_though_a_run_looks_twice(tmp_path, source, playbook):
    code, printed = looked(tmp_path, source, playbook)
    assert code == 0, printed
    assert printed.count("PLAY [Decide and claim]") == 2
    assert printed.count("shop: web1: ") == 1
    assert len(re.findall(r"^(ok|changed): \[web1\]", printed, re.MULTILINE)) == 1


@pytest.mark.parametrize("playbook", ["stop", "reboot", "setup", "configure", "start", "run_recipes"])
def test_a_look_that_finds_something_to_do_has_changed_something_in_the_recap(tmp_path, source, playbook):
    _code, printed = looked(tmp_path, source, playbook, "-e", "{recipes: [{command: 'true'}]}")
    assert changed(printed) == 1, printed


def test_one_that_finds_nothing_to_do_has_not(tmp_path):
    _code, printed = looked(tmp_path, write(tmp_path), "stop")
    assert "shop: web1: it is already as it was asked to be" in printed
    assert changed(printed) == 0


def test_what_cannot_be_rebooted_or_updated_is_named(tmp_path, source):
    assert "shop: no reboot on web2, db1: not online" in looked(tmp_path, source, "reboot")[1]
    assert "shop: no update of web2: not online" in looked(tmp_path, source, "update", "-e", "instance=web2")[1]


def test_what_would_fail_on_an_instance_fails_and_says_how_a_vault_password_is_given(tmp_path):
    source = write(tmp_path, layers={"web": {"uses": "redis", "password": "ENCRYPTED"}, "db": {}})
    source.write_text(source.read_text().replace("ENCRYPTED", f'!vault "{ENCRYPTED}"'))
    put_online(tmp_path, "web1", "127.0.0.1")
    code, printed = looked(tmp_path, source, "configure")
    assert code != 0, printed
    (said, *_) = [
        line for line in printed.splitlines() if line.startswith("[ERROR]: Task failed: Action failed: web1: ")
    ]
    assert said.count("cannot be opened: ") == said.count("stackward … -- --vault-password-file FILE") == 1


def test_a_start_whose_secrets_stay_shut_asks_for_nothing(tmp_path):
    source = write(tmp_path, layers={"web": {"uses": "redis", "password": "ENCRYPTED"}, "db": {}})
    source.write_text(source.read_text().replace("ENCRYPTED", f'!vault "{ENCRYPTED}"'))
    for options in ([], ["--check"]):
        done = ansible(tmp_path, "playbook", "stackward.ops.start", "-i", str(source), *options)
        printed = done.stdout + done.stderr
        assert done.returncode != 0, printed
        assert "shop: layer web, password: An encrypted value of the stack file cannot be opened: " in printed
        assert "Nothing was asked for." in printed
        assert "Decide and claim" not in printed


def test_no_machine_is_launched_where_its_secrets_stay_shut_whoever_asked_for_it(tmp_path):
    source = write(tmp_path, layers={"web": {"uses": "redis", "password": "ENCRYPTED"}, "db": {}})
    source.write_text(source.read_text().replace("ENCRYPTED", f'!vault "{ENCRYPTED}"'))
    store = open_store(f"sqlite:///{tmp_path}/var/shop/state.db")
    with store.transaction("shop") as transaction:
        transaction.put_instance("web1", ("web",), NOW)
        transaction.request("web1", Request(Desired.ONLINE, Initiator.AUTO_SCALING, "load", NOW))
    done = ansible(tmp_path, "playbook", "stackward.ops.converge", "-i", str(source))
    assert done.returncode != 0
    assert "layer web, password: An encrypted value of the stack file cannot be opened: " in done.stdout + done.stderr
    record = store.snapshot("shop").instances["web1"]
    assert (record.state, record.machine) == (State.START_FAILED, None)
