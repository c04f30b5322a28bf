"""The locale that Ansible is given."""

import os
import subprocess
import sys

import pytest

ASK = "from stackward.cli import utf8_locale; print(utf8_locale.variables())"


@pytest.mark.parametrize(
    ("settings", "given"),
    [
        ({"LC_ALL": "C.UTF-8"}, {}),
        ({"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8"}),
        ({"LC_ALL": "POSIX"}, {"LC_ALL": "C.UTF-8"}),
        ({"LANG": "xx_YY.UTF-8"}, {"LC_ALL": "C.UTF-8"}),
    ],
    ids=repr,
)
def test_where_that_of_the_terminal_would_not_do_it_is_another(settings, given):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    done = subprocess.run(
        [sys.executable, "-c", ASK], env={**kept, **settings}, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{given}\n"
