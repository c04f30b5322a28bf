# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Chosen packages: installed, and removed when nobody chooses them any more."""

from __future__ import annotations

import json

import pytest
from ansible_collections.stackward.ops.plugins.module_utils.applying import chosen_packages as chosen
from ansible_collections.stackward.ops.plugins.module_utils.applying import packages as module
from ansible_collections.stackward.ops.tests.unit.plugins.modules.resources import chosen_packages

_APT = """#!/bin/sh
folder={folder}
echo "$*" >> $folder/apt
for name in "$@"; do :; done
case "$1 $*" in
*--simulate*) cat $folder/needing-$name 2>/dev/null; echo "Remv $name [1]" ;;
install*) printf '\nPackage: %s\nStatus: install ok installed\n' "$name" >> $folder/status ;;
remove*) sed -i "/^Package: $name$/,/^$/d" $folder/status ;;
esac
"""


@pytest.fixture
def apt(host, monkeypatch):
    """A host with an apt-get that only remembers."""
    (host.folder / "status").write_text("Package: libc6\nStatus: install ok installed\n")
    (host.folder / "lists").mkdir()
    (host.folder / "lists/x_Packages").touch()
    (host.folder / "updates").mkdir()
    for name in ("apt-get", "apt-mark"):
        program = host.programs / name
        program.write_text(_APT.format(folder=host.folder))
        program.chmod(0o755)
    monkeypatch.setattr(module, "_STATUS", host.path("status"))
    monkeypatch.setattr(module, "_UPDATES", host.path("updates"))
    monkeypatch.setattr(module, "_LISTS", host.path("lists/*_Packages*"))
    monkeypatch.setattr(chosen, "APT", str(host.programs / "apt-get"))
    return host


def message(result):
    return result["results"][0]["message"]


def test_what_has_left_the_list_is_removed(apt):
    assert message(apt.ensure(chosen_packages("tree"))) == "installed tree"
    assert not apt.ensure(chosen_packages("tree"))["changed"]
    assert message(apt.ensure(chosen_packages())) == "removed tree"
    assert "Package: tree" not in (apt.folder / "status").read_text()
    assert not apt.ensure(chosen_packages())["changed"]


def test_what_was_there_before_is_never_removed(apt):
    assert not apt.ensure(chosen_packages("libc6"))["changed"]
    assert not apt.ensure(chosen_packages())["changed"]


def test_what_something_else_needs_by_now_stays(apt):
    apt.ensure(chosen_packages("libx"))
    (apt.folder / "needing-libx").write_text("Remv editor [2]\n")
    assert message(apt.ensure(chosen_packages())) == "left libx, which editor needs"
    assert "auto libx" in (apt.folder / "apt").read_text()
    assert not apt.ensure(chosen_packages())["changed"]


def test_packages_that_leave_together_do_not_hold_each_other(apt):
    apt.ensure(chosen_packages("libx"))
    apt.ensure(chosen_packages("libx", "editor"))
    (apt.folder / "needing-libx").write_text("Remv editor [2]\n")
    assert message(apt.ensure(chosen_packages())) == "removed editor; removed libx"


def test_a_package_removed_by_hand_is_forgotten(apt):
    apt.ensure(chosen_packages("tree"))
    (apt.folder / "status").write_text("")
    assert not apt.ensure(chosen_packages())["changed"]
    assert json.loads((apt.state / "made.json").read_text())["packages"] == {}


def test_check_mode_removes_nothing(apt):
    apt.ensure(chosen_packages("tree"))
    assert message(apt.ensure(chosen_packages(), _ansible_check_mode=True)) == "would remove tree"
    assert "Package: tree" in (apt.folder / "status").read_text()
