import re

from stackward.controller import unit


def test_the_unit_runs_the_very_command_and_gives_it_time_to_end():
    text = unit.text(["/opt/my venv/stackward", "serve", "--heal-every", "5%"], user="anna", folder="/srv", grace=60)
    assert 'ExecStart="/opt/my venv/stackward" serve --heal-every 5%%\n' in text
    assert "User=anna\nWorkingDirectory=/srv\n" in text
    assert "TimeoutStopSec=90" in text
    assert not re.search(r"\{\w+\}", text)


def test_only_root_is_confined_as_others_may_need_sudo():
    assert "NoNewPrivileges=true" in unit.text(["x"], user="root", folder="/", grace=1)
    assert "NoNewPrivileges=false" in unit.text(["x"], user="anna", folder="/", grace=1)
