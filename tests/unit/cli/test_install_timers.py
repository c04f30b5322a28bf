"""`stackward install-timers`: files for cron and systemd, written once, shown, changed and taken away."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stackward.cli import install_timers
from stackward.timers.ticks import MARK, Ticks, cron, systemd

TICKS = Ticks("shop", "/srv/my shop/inventory/shop.stack.yml", "/srv/my shop", "/opt/100%/stackward", "anna")


@pytest.fixture
def install(stackward, project, tmp_path, monkeypatch):
    """Run the command with its files in a folder of the test."""
    program = tmp_path / "stackward"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(program)])
    folder = tmp_path / "units"

    def run(*arguments):
        return stackward("install-timers", "--folder", str(folder), *arguments)

    run.folder = folder
    return run


def names(install):
    return sorted(file.name for file in install.folder.iterdir()) if install.folder.exists() else []


def test_units_are_written_and_the_second_time_left_alone(install):
    assert "write" in install().out
    assert names(install) == [
        *("stackward-shop-converge.service", "stackward-shop-converge.timer"),
        *("stackward-shop-heal.service", "stackward-shop-heal.timer"),
        *("stackward-shop-scale.service", "stackward-shop-scale.timer"),
    ]
    assert {line.split()[0] for line in install().out.splitlines()} == {"ok"}


def test_check_writes_nothing_and_diff_shows_the_text(install):
    out = install("--check", "--diff").out
    assert "+[Timer]" in out
    assert names(install) == []


def test_what_was_changed_is_put_right(install):
    install("--only", "scale")
    file = install.folder / "stackward-shop-scale.timer"
    right = file.read_text()
    file.write_text(right.replace("*:0/1", "*:0/9"))
    out = install("--only", "scale", "--diff").out
    assert "change" in out
    assert "-OnCalendar=*:0/9" in out
    assert file.read_text() == right


def test_remove_takes_them_away_and_may_be_said_twice(install):
    install()
    assert "remove" in install("--remove", "--check").out
    assert len(names(install)) == 6
    install("--remove")
    assert names(install) == []
    assert install("--remove").code == 0


def test_a_file_of_somebody_else_is_left_alone(install):
    install.folder.mkdir()
    (install.folder / "stackward-shop").write_text("# mine\n")
    ran = install("--by", "cron")
    assert (ran.code, "was not written by Stackward" in ran.err) == (1, True)
    assert (install.folder / "stackward-shop").read_text() == "# mine\n"


def test_a_folder_that_cannot_be_written_is_said(stackward, install, tmp_path):
    (tmp_path / "file").write_text("")
    ran = stackward("install-timers", "--folder", str(tmp_path / "file" / "below"))
    assert ran.code == 1
    assert "cannot be" in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--only", "deploy"), "write scale, heal, converge"), (("--by", "cron", "--user"), "--user goes with systemd")],
)
def test_what_cannot_be_is_refused(install, arguments, said):
    ran = install(*arguments)
    assert (ran.code, said in ran.err) == (2, True)


def test_json_has_what_was_done(install):
    found = install("--only", "heal", "--output", "json").json
    assert [item["did"] for item in found["files"]] == ["write", "write"]


def test_the_command_of_cron_is_one_that_a_shell_understands():
    [(name, text)] = cron(TICKS).items()
    assert name == "stackward-shop"
    assert text.startswith(MARK)
    [line] = [line for line in text.splitlines() if " scale " in line]
    minute, *_, user, command = line.split(maxsplit=6)
    assert (minute, user) == ("*", "anna")
    words = shlex.split(command.replace("\\%", "%"))
    assert words[:3] == ["cd", "/srv/my shop", "&&"]
    assert words[3:7] == ["/opt/100%/stackward", "scale", "--inventory", "/srv/my shop/inventory/shop.stack.yml"]
    assert "*/5 * * * * anna" in text


def test_units_quote_what_systemd_would_read_otherwise():
    [line] = [
        line
        for line in systemd(TICKS, of_user=False)["stackward-shop-scale.service"].splitlines()
        if line.startswith("ExecStart=")
    ]
    assert '"--property=WorkingDirectory=/srv/my shop"' in line
    assert "/opt/100%%/stackward" in line
    assert "--property=User=anna" in line
    assert "User=" not in systemd(TICKS, of_user=True)["stackward-shop-scale.service"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_takes_the_units(tmp_path):
    for name, text in systemd(TICKS, of_user=False).items():
        (tmp_path / name).write_text(text)
    files = [str(file) for file in tmp_path.iterdir()]
    done = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if "stackward" in line]
    assert complaints == []


def told(monkeypatch, code=0):
    calls = []

    def run(command, **_):
        calls.append(command[1:])
        return subprocess.CompletedProcess(command, code, "", "no bus")

    monkeypatch.setattr(install_timers.subprocess, "run", run)
    monkeypatch.setattr(install_timers.shutil, "which", lambda name, **_: f"/usr/bin/{name}")
    return calls


def test_systemd_is_told(install, stackward, monkeypatch, tmp_path):
    calls = told(monkeypatch)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    stackward("install-timers", "--user", "--only", "scale")
    assert calls == [["--user", "daemon-reload"], ["--user", "enable", "--now", "stackward-shop-scale.timer"]]
    calls.clear()
    stackward("install-timers", "--user", "--only", "scale", "--remove")
    assert calls[0] == ["--user", "stop", "stackward-shop-scale.timer"]
    assert list(Path(tmp_path / "config" / "systemd" / "user").glob("*.timer")) == []
    calls.clear()
    stackward("install-timers", "--user", "--only", "scale", "--remove")
    assert calls == []


def test_a_systemd_that_refuses_is_said(install, stackward, monkeypatch, tmp_path):
    told(monkeypatch, code=1)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    ran = stackward("install-timers", "--user")
    assert (ran.code, "systemctl --user daemon-reload failed: no bus" in ran.err) == (1, True)
