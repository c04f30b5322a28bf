# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Packages: a cheap look, and one call of apt-get for all that is missing."""

from __future__ import annotations

import pytest
from ansible_collections.stackward.ops.plugins.module_utils.applying import packages as module

_STATUS = """Package: nginx
Status: install ok installed
Version: 1

Package: nginx-common
Status: deinstall ok config-files
Version: 1

Package: libc6
Status: deinstall ok config-files
Architecture: i386

Package: libc6
Status: install ok installed
Architecture: amd64

Package: last
Status: install ok installed
"""

_APT = """#!/bin/sh
echo "$1" >> {folder}/apt
case $1 in
update) touch {folder}/lists/x_Packages ;;
install)
    [ -e {folder}/broken ] && {{ echo "E: no luck" >&2; exit 100; }}
    [ -e {folder}/lists/x_Packages ] || exit 100
    for name in "$@"; do :; done
    printf '\\nPackage: %s\\nStatus: install ok installed\\n' "$name" >> {folder}/status ;;
esac
"""


def packages(*names):
    return {"kind": "packages", "name": "packages", "packages": list(names), "notify": []}


@pytest.fixture
def apt(host, monkeypatch):
    """A host with an apt-get that only remembers."""
    (host.folder / "status").write_text(_STATUS)
    (host.folder / "lists").mkdir()
    program = host.programs / "apt-get"
    program.write_text(_APT.format(folder=host.folder))
    program.chmod(0o755)
    monkeypatch.setattr(module, "_STATUS", host.path("status"))
    monkeypatch.setattr(module, "_UPDATES", host.path("lists"))
    monkeypatch.setattr(module, "_LISTS", host.path("lists/*_Packages*"))
    return host


def test_only_installed_packages_count():
    names = {"nginx", "nginx-common", "libc6", "last", "ngin", "unknown"}
    assert module.installed_in(_STATUS, names) == {"nginx", "libc6", "last"}


def test_what_is_installed_needs_no_apt(apt):
    assert not apt.ensure(packages("nginx", "last"))["changed"]
    assert not (apt.folder / "apt").exists()


def test_lists_are_fetched_where_there_are_none(apt):
    result = apt.ensure(packages("nginx", "curl"))
    assert result["results"][0]["message"] == "installed curl"
    assert (apt.folder / "apt").read_text() == "update\ninstall\n"


def test_lists_are_fetched_again_after_a_failure(apt):
    (apt.folder / "lists/x_Packages").touch()
    (apt.folder / "broken").touch()
    message = apt.ensure(packages("curl"))["msg"]
    assert "could not install curl" in message
    assert "no luck" in message
    assert (apt.folder / "apt").read_text() == "install\nupdate\ninstall\n"


def test_check_mode_installs_nothing(apt):
    result = apt.ensure(packages("curl"), _ansible_check_mode=True)
    assert result["results"][0]["message"] == "would install curl"
    assert not (apt.folder / "apt").exists()
