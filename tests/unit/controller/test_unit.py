import re
import shutil
import subprocess

import pytest

from stackward.controller import unit


def test_the_unit_runs_the_very_command_and_gives_it_time_to_end():
    text = unit.text(["/opt/my venv/stackward", "serve", "--heal-every", "5%"], user="anna", folder="/srv", grace=60)
    assert 'ExecStart="/opt/my venv/stackward" serve --heal-every 5%%\n' in text
    assert "User=anna\nWorkingDirectory=/srv\n" in text
    assert "TimeoutStopSec=90" in text
    assert not re.search(r"\{\w+\}", text)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze belongs to systemd")
@pytest.mark.parametrize("folder", ["/srv/shop", "/srv/my shop", "/srv/50%"])
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path, folder):
    program = tmp_path / "my venv" / "stackward"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    text = unit.text([str(program), "serve", "--heal-every", "5s"], user="root", folder=folder, grace=60)
    file = tmp_path / unit.NAME
    file.write_text(text)
    said = subprocess.run(
        ["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False, timeout=60
    )
    about = [line for line in (said.stdout + said.stderr).splitlines() if unit.NAME in line]
    assert about == []


def test_only_root_is_confined_as_others_may_need_sudo():
    assert "NoNewPrivileges=true" in unit.text(["x"], user="root", folder="/", grace=1)
    assert "NoNewPrivileges=false" in unit.text(["x"], user="anna", folder="/", grace=1)
