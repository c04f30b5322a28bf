# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where compiled code is kept: only in a folder that nobody else can put code into."""

from __future__ import annotations

import os
import stat

import pytest
from ansible import constants
from ansible_collections.stackward.ops.plugins.plugin_utils import workers


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "ANSIBLE_HOME", str(tmp_path), raising=False)
    return tmp_path


def test_the_folder_is_made_for_this_user_alone(home):
    folder = workers.kept("templates")
    assert folder == str(home / "stackward" / "templates")
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_one_that_others_may_write_is_not_used(mode):
    folder = workers.kept("templates")
    os.chmod(folder, mode)
    assert workers.kept("templates") is None


@pytest.mark.usefixtures("home")
def test_one_of_somebody_else_is_not_used(monkeypatch):
    workers.kept("templates")
    owner = os.geteuid()
    monkeypatch.setattr(workers.os, "geteuid", lambda: owner + 1)
    assert workers.kept("templates") is None


def test_where_none_can_be_made_none_is_used(home):
    (home / "stackward").write_text("a file where the folder belongs")
    assert workers.kept("templates") is None
