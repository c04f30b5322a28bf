# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Accounts of people, on a host whose account programs only write a list."""

from __future__ import annotations

import json
import os
import sys
from types import SimpleNamespace

import pytest
from ansible_collections.stackward.ops.plugins.module_utils.applying import own_keys
from ansible_collections.stackward.ops.plugins.module_utils.applying import people as module
from ansible_collections.stackward.ops.tests.unit.plugins.modules.resources import people, person

_PROGRAM = """#!{python}
import json, os, pathlib, shutil, sys

file = pathlib.Path({folder!r}) / "accounts"
accounts = json.loads(file.read_text())
program, words = pathlib.Path(sys.argv[0]).name, sys.argv[1:]
name = words[-1]
if (file.parent / "broken").exists():
    sys.exit(f"{{program}}: no luck")
given = dict(zip(words, words[1:]))
if program == "useradd":
    home = os.path.join(given["--base-dir"], name)
    os.mkdir(home)
    number = max([999, *(a["uid"] for a in accounts.values())]) + 1
    accounts[name] = {{"uid": number, "home": home, "shell": "", "comment": "", "groups": []}}
if program == "userdel":
    del accounts[name]
else:
    for key in ("uid", "shell", "comment", "groups"):
        if f"--{{key}}" in given:
            value = given[f"--{{key}}"]
            accounts[name][key] = int(value) if key == "uid" else value.split(",") if key == "groups" else value
    if "--login" in given:
        accounts[given["--login"]] = accounts.pop(name)
        shutil.move(accounts[given["--login"]]["home"], given["--home"])
        accounts[given["--login"]]["home"] = given["--home"]
file.write_text(json.dumps(accounts))
"""


class Accounts:
    """What the host's list of accounts says, in place of the module pwd. Everything belongs to who runs the tests."""

    def __init__(self, folder):
        self.file = folder / "accounts"
        self.file.write_text(json.dumps({"daemon": {"uid": 1, "home": "/", "shell": "", "comment": "", "groups": []}}))

    def getpwall(self):
        return [
            SimpleNamespace(
                pw_name=name,
                pw_uid=entry["uid"],
                pw_gid=entry["uid"],
                pw_dir=entry["home"],
                pw_shell=entry["shell"],
                pw_gecos=entry["comment"],
            )
            for name, entry in json.loads(self.file.read_text()).items()
        ]

    def getpwnam(self, name):
        return next(entry for entry in self.getpwall() if entry.pw_name == name)

    def getgrall(self):
        entries = json.loads(self.file.read_text())
        return [
            SimpleNamespace(gr_name=group, gr_mem=[name for name, entry in entries.items() if group in entry["groups"]])
            for group in ("adm", "audio")
        ]

    def change(self, name, **fields):
        accounts = json.loads(self.file.read_text())
        accounts[name] = {"home": "/", "shell": "", "comment": "", "groups": [], **accounts.get(name, {}), **fields}
        self.file.write_text(json.dumps(accounts))

    def names(self):
        return sorted(json.loads(self.file.read_text()))

    def __getitem__(self, name):
        return json.loads(self.file.read_text())[name]


class Keys:
    """The keys of accounts, whose files belong to who runs the tests."""

    @staticmethod
    def are(account, keys):
        return own_keys.are(_mine(account), keys)

    @staticmethod
    def write(account, keys):
        own_keys.write(_mine(account), keys)


def _mine(account):
    return SimpleNamespace(**{**vars(account), "pw_uid": os.getuid(), "pw_gid": os.getgid()})


@pytest.fixture
def accounts(host, monkeypatch):
    """The accounts of the host."""
    for name in ("useradd", "usermod", "userdel"):
        program = host.programs / name
        program.write_text(_PROGRAM.format(python=sys.executable, folder=str(host.folder)))
        program.chmod(0o755)
    (host.folder / "home").mkdir()
    found = Accounts(host.folder)
    monkeypatch.setattr(module, "HOMES", host.path("home"))
    monkeypatch.setattr(module, "_LEFT_BEHIND", (host.path("crontab-{}"),))
    monkeypatch.setattr(module, "pwd", found)
    monkeypatch.setattr(module, "grp", found)
    monkeypatch.setattr(module, "own_keys", Keys)
    monkeypatch.setattr(module, "_end_processes", lambda uid: (host.folder / "ended").write_text(str(uid)))
    monkeypatch.setattr(module.os, "chown", lambda *_, **__: None)
    return found


def message(result):
    return result["results"][0]["message"]


def test_an_account_is_made_once_with_its_keys(host, accounts):
    wanted = people(person("anna", ssh_keys=["ssh-ed25519 A"], uid=2000, comment="Anna", groups=["adm"]))
    assert message(host.ensure(wanted)) == "anna: created"
    assert accounts["anna"] == {
        "uid": 2000,
        "home": host.path("home/anna"),
        "shell": "/bin/bash",
        "comment": "Anna",
        "groups": ["adm"],
    }
    assert (host.folder / "home/anna/.ssh/authorized_keys").read_text() == "ssh-ed25519 A\n"
    assert host.mode("home/anna/.ssh/authorized_keys") == "0o600"
    assert not host.ensure(wanted)["changed"]


def test_what_differs_is_changed_and_no_more(host, accounts):
    host.ensure(people(person("anna"), person("bert")))
    result = host.ensure(people(person("anna", shell="/bin/sh", ssh_keys=["k"]), person("bert")))
    assert message(result) == "anna: new shell and new SSH keys"
    assert accounts["anna"]["shell"] == "/bin/sh"


@pytest.mark.usefixtures("accounts")
def test_a_key_that_somebody_has_added_on_the_host_goes(host):
    wanted = people(person("anna", ssh_keys=["ssh-ed25519 A"]))
    host.ensure(wanted)
    with (host.folder / "home/anna/.ssh/authorized_keys").open("a") as file:
        file.write("ssh-ed25519 B\n")
    assert message(host.ensure(wanted)) == "anna: new SSH keys"
    assert not host.ensure(wanted)["changed"]


def test_who_is_named_no_more_is_removed_and_the_home_is_kept_aside(host, accounts):
    host.ensure(people(person("anna", uid=2000), person("bert")))
    (host.folder / "home/anna/letter").write_text("dear")
    (host.folder / "crontab-anna").touch()
    kept = host.path("home/anna.departed-2000")
    assert message(host.ensure(people(person("bert")))) == f"anna: removed, home kept as {kept}"
    assert accounts.names() == ["bert", "daemon"]
    assert (host.folder / "home/anna.departed-2000/letter").read_text() == "dear"
    assert host.mode("home/anna.departed-2000") == "0o700"
    assert (host.folder / "ended").read_text() == "2000"
    assert not (host.folder / "crontab-anna").exists()
    assert not host.ensure(people(person("bert")))["changed"]


@pytest.mark.usefixtures("accounts")
def test_an_account_that_comes_back_does_not_get_the_old_home(host):
    for time in ("first", "second"):
        host.ensure(people(person("anna", uid=2000)))
        assert not (host.folder / "home/anna/letter").exists(), time
        (host.folder / "home/anna/letter").touch()
        host.ensure(people())
    assert (host.folder / "home/anna.departed-2000-2/letter").exists()


def test_an_account_of_somebody_else_is_refused_and_left_alone(host, accounts):
    accounts.change("anna", uid=1500)
    result = host.ensure(people(person("anna", shell="/bin/sh")))
    assert "account anna on this host already (number 1500), and Stackward has not made it" in result["msg"]
    assert accounts["anna"]["shell"] == ""
    assert not host.ensure(people())["changed"]
    assert "anna" in accounts.names()


def test_an_account_that_was_replaced_behind_our_back_is_not_ours_any_more(host, accounts):
    host.ensure(people(person("anna", uid=2000)))
    accounts.change("anna", uid=3000)
    assert "Stackward has not made it" in host.ensure(people(person("anna", uid=2000)))["msg"]
    host.ensure(people())
    assert "anna" in accounts.names()


def test_a_number_of_somebody_else_is_refused(host, accounts):
    accounts.change("other", uid=2000)
    result = host.ensure(people(person("anna", uid=2000)))
    assert "number 2000 of user anna belongs to the account other" in result["msg"]
    assert accounts.names() == ["daemon", "other"]


def test_a_user_with_the_same_number_and_another_name_is_renamed(host, accounts):
    host.ensure(people(person("anna", uid=2000, ssh_keys=["k"])))
    (host.folder / "home/anna/letter").touch()
    assert message(host.ensure(people(person("anne", uid=2000, ssh_keys=["k"])))) == "anne: renamed from anna"
    assert accounts.names() == ["anne", "daemon"]
    assert (host.folder / "home/anne/letter").exists()
    assert not host.ensure(people(person("anne", uid=2000, ssh_keys=["k"])))["changed"]


def test_a_number_may_change(host, accounts):
    host.ensure(people(person("anna")))
    assert message(host.ensure(people(person("anna", uid=2000)))) == "anna: new uid"
    assert accounts["anna"]["uid"] == 2000
    assert not host.ensure(people(person("anna", uid=2000)))["changed"]


def test_a_group_that_is_not_there_is_an_error_before_anything_is_done(host, accounts):
    result = host.ensure(people(person("anna"), person("bert", groups=["nobody-knows"])))
    assert "bert is to be in the group nobody-knows, which is not on this host" in result["msg"]
    assert accounts.names() == ["daemon"]


def test_an_account_that_could_not_be_made_is_not_ours(host, accounts):
    (host.folder / "broken").touch()
    assert "useradd failed for anna:\n  useradd: no luck" in host.ensure(people(person("anna")))["msg"]
    (host.folder / "broken").unlink()
    accounts.change("anna", uid=1500)
    assert "Stackward has not made it" in host.ensure(people(person("anna")))["msg"]


@pytest.mark.usefixtures("accounts")
def test_an_account_that_a_killed_call_has_made_is_ours(host):
    host.ensure(people(person("anna")))
    record = json.loads((host.state / "made.json").read_text())
    (host.state / "made.json").write_text(json.dumps({**record, "accounts": {"anna": {"uid": None}}}))
    assert not host.ensure(people(person("anna")))["changed"]
    assert json.loads((host.state / "made.json").read_text())["accounts"] == {"anna": {"uid": 1000}}


def test_check_mode_tells_and_does_nothing(host, accounts):
    assert message(host.ensure(people(person("anna")), _ansible_check_mode=True)) == "anna: created"
    host.ensure(people(person("anna")))
    removed = host.ensure(people(), _ansible_check_mode=True)
    assert message(removed).startswith("anna: removed")
    assert accounts.names() == ["anna", "daemon"]


@pytest.mark.usefixtures("accounts")
def test_a_damaged_record_is_no_reason_to_guess(host):
    host.ensure(people(person("anna")))
    (host.state / "made.json").write_text("{")
    assert "made.json is damaged" in host.ensure(people())["msg"]
