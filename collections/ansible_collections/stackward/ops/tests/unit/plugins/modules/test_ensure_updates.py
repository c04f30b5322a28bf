# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Updates of all packages, and the note that they leave where a reboot is needed."""

from __future__ import annotations

import pytest
from ansible_collections.stackward.ops.plugins.module_utils.applying import updates as module
from ansible_collections.stackward.ops.plugins.modules import ensure

_APT = """#!/bin/sh
folder={folder}
echo "$1" >> $folder/apt
case "$1 $*" in
update*) : ;;
*--simulate*) cat $folder/outdated 2>/dev/null || true ;;
upgrade*) [ -e $folder/broken ] && {{ echo "E: no luck"; exit 100; }}; rm -f $folder/outdated ;;
esac
"""
UPDATES = {"kind": "updates", "name": "updates", "notify": []}


@pytest.fixture
def apt(host, monkeypatch):
    """A host with an apt-get that only remembers, and what it was warned of."""
    program = host.programs / "apt-get"
    program.write_text(_APT.format(folder=host.folder))
    program.chmod(0o755)
    monkeypatch.setattr(module, "APT", str(program))
    monkeypatch.setattr(module, "REBOOT_WANTED", host.path("reboot"))
    host.warned = []
    monkeypatch.setattr(ensure.AnsibleModule, "warn", lambda _, text: host.warned.append(text))
    return host


def outdated(host, *names):
    (host.folder / "outdated").write_text("".join(f"Inst {name} [1] (2 Debian)\nConf {name}\n" for name in names))


def test_everything_outdated_is_updated_once(apt):
    outdated(apt, "curl", "nginx")
    assert apt.ensure(UPDATES)["results"][0]["message"] == "updated curl, nginx"
    assert not apt.ensure(UPDATES)["changed"]
    assert (apt.folder / "apt").read_text() == "update\nupgrade\nupgrade\nupdate\nupgrade\n"
    assert apt.warned == []


@pytest.mark.parametrize("name", ["linux-image-amd64", "libc6", "systemd"])
def test_what_only_counts_after_a_reboot_is_noted_and_said(apt, name):
    outdated(apt, "curl", name)
    apt.ensure(UPDATES)
    assert (apt.folder / "reboot").exists()
    assert "need a reboot" in apt.warned[0]


def test_an_update_that_fails_says_why_and_its_reboot_is_not_forgotten(apt):
    outdated(apt, "libc6")
    (apt.folder / "broken").touch()
    assert "The updates cannot be installed:\n  E: no luck" in apt.ensure(UPDATES)["msg"]
    assert (apt.folder / "reboot").exists()


def test_many_packages_are_not_all_named(apt):
    outdated(apt, *(f"p{number}" for number in range(12)))
    assert apt.ensure(UPDATES)["results"][0]["message"].endswith("p9 and 2 more")


def test_check_mode_installs_nothing(apt):
    outdated(apt, "libc6")
    assert apt.ensure(UPDATES, _ansible_check_mode=True)["results"][0]["message"] == "would update libc6"
    assert (apt.folder / "outdated").exists()
    assert not (apt.folder / "reboot").exists()
