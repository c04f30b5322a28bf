# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The SSH keys of an account, in a home that its owner may have prepared to deceive."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest
from ansible_collections.stackward.ops.plugins.module_utils.applying import own_keys
from ansible_collections.stackward.ops.plugins.module_utils.applying.outcome import Failed


@pytest.fixture
def account(tmp_path):
    """An account with a home that is empty."""
    (tmp_path / "home").mkdir()
    return SimpleNamespace(pw_name="anna", pw_dir=str(tmp_path / "home"), pw_uid=os.getuid(), pw_gid=os.getgid())


def test_keys_are_written_as_ssh_wants_them_and_known_again(tmp_path, account):
    assert own_keys.are(account, [])
    assert not own_keys.are(account, ["a"])
    own_keys.write(account, ["a", "b"])
    assert (tmp_path / "home/.ssh/authorized_keys").read_text() == "a\nb\n"
    assert (tmp_path / "home/.ssh").stat().st_mode & 0o777 == 0o700
    assert own_keys.are(account, ["a", "b"])
    assert not own_keys.are(account, ["b", "a"])
    own_keys.write(account, [])
    assert own_keys.are(account, [])


def test_keys_that_others_may_read_are_not_as_wanted(tmp_path, account):
    own_keys.write(account, ["a"])
    (tmp_path / "home/.ssh/authorized_keys").chmod(0o644)
    assert not own_keys.are(account, ["a"])


def test_a_link_in_place_of_the_folder_is_not_followed(tmp_path, account):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "home/.ssh").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Failed):
        own_keys.write(account, ["a"])
    with pytest.raises(Failed):
        own_keys.are(account, ["a"])
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_link_in_place_of_the_file_is_replaced_and_not_followed(tmp_path, account):
    (tmp_path / "target").write_text("precious")
    (tmp_path / "home/.ssh").mkdir()
    (tmp_path / "home/.ssh/authorized_keys").symlink_to(tmp_path / "target")
    assert not own_keys.are(account, ["a"])
    own_keys.write(account, ["a"])
    assert (tmp_path / "target").read_text() == "precious"
    assert own_keys.are(account, ["a"])
