# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services and the units behind them."""

from __future__ import annotations

from ansible_collections.stackward.ops.plugins.module_utils.applying import files
from ansible_collections.stackward.ops.tests.unit.plugins.modules.resources import absent, file, run, service


def test_all_units_are_asked_for_in_one_question(host):
    for name in ("a.service", "b.socket", "c.service"):
        host.unit(name)
    assert not host.ensure(service("a"), service("b.socket"), service("c.service"))["changed"]
    assert host.questions() == 1


def test_a_stopped_unit_is_enabled_and_started(host):
    host.unit("a.service", active="inactive", enabled="disabled")
    assert host.ensure(service("a"))["results"][0]["message"] == "enabled and started"
    assert host.calls() == ["enable a.service", "start a.service"]


def test_a_unit_just_started_is_not_restarted_too(host):
    host.unit("a.service", active="inactive")
    host.ensure(file(host.path("x"), "1", notify=["restart:a"]), service("a"))
    assert host.calls() == ["start a.service"]


def test_a_failed_unit_gets_a_fresh_start(host):
    host.unit("a.service", active="failed")
    host.ensure(service("a"))
    assert host.calls() == ["reset-failed a.service", "start a.service"]


def test_an_unwanted_unit_is_stopped_and_disabled(host):
    host.unit("a.service")
    assert host.ensure(service("a", running=False))["results"][0]["message"] == "stopped and disabled"
    assert not host.ensure(service("a", running=False))["changed"]


def test_an_unwanted_unit_that_is_not_there_is_fine(host):
    assert not host.ensure(service("gone", running=False))["changed"]


def test_a_unit_that_is_not_there_or_masked_is_an_error(host):
    host.unit("hidden.service", active="inactive", enabled="masked", LoadState="masked")
    assert "no unit gone.service" in host.ensure(service("gone"))["msg"]
    assert "is masked" in host.ensure(service("hidden"))["msg"]


def test_systemd_reads_changed_units_before_they_are_started(host, monkeypatch):
    monkeypatch.setattr(files, "is_unit_file", lambda path: path.endswith(".service"))
    monkeypatch.setattr(
        "ansible_collections.stackward.ops.plugins.module_utils.applying.sequence.is_unit_file", files.is_unit_file
    )
    host.unit("a.service", active="inactive")
    host.ensure(file(host.path("a.service"), "[Unit]"), service("a"))
    assert host.calls() == ["daemon-reload", "start a.service"]
    host.ensure(absent(host.path("a.service")), run("true"))
    assert host.calls() == ["daemon-reload"]


def test_unit_files_are_known_by_their_place():
    assert files.is_unit_file("/etc/systemd/system/a.service")
    assert files.is_unit_file("/etc/systemd/system/a.service.d/more.conf")
    assert not files.is_unit_file("/etc/systemd/system/multi-user.target.wants/a.service")
    assert not files.is_unit_file("/etc/haproxy/haproxy.cfg")
