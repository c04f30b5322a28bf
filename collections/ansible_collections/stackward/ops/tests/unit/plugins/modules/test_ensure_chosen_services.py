# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services of which the stack file speaks, and what becomes of those of which it speaks no more."""

from __future__ import annotations

import pytest
from ansible_collections.stackward.ops.tests.unit.plugins.modules.resources import chosen_services


def message(result):
    return result["results"][0]["message"]


def test_services_are_started_and_stopped(host):
    host.unit("a.service", active="inactive", enabled="disabled")
    host.unit("b.service")
    wanted = chosen_services(a=True, b=False)
    assert message(host.ensure(wanted)) == "a.service enabled and started; b.service stopped and disabled"
    assert not host.ensure(wanted)["changed"]


@pytest.mark.parametrize(
    ("active", "enabled"), [("active", "enabled"), ("inactive", "disabled"), ("active", "disabled")]
)
@pytest.mark.parametrize("running", [True, False])
def test_a_service_that_has_left_becomes_what_it_was(host, active, enabled, running):
    host.unit("a.service", active=active, enabled=enabled)
    host.ensure(chosen_services(a=running))
    host.ensure(chosen_services(a=not running))
    host.ensure(chosen_services())
    assert '"ActiveState": "%s", "UnitFileState": "%s"' % (active, enabled) in (host.systemd / "units").read_text()
    assert not host.ensure(chosen_services())["changed"]


def test_a_service_that_is_gone_is_forgotten(host):
    host.unit("a.service", active="inactive", enabled="disabled")
    host.ensure(chosen_services(a=True))
    (host.systemd / "units").write_text("{}")
    assert not host.ensure(chosen_services())["changed"]


def test_a_service_that_does_not_exist_is_an_error(host):
    assert "There is no unit a.service on this host" in host.ensure(chosen_services(a=True))["msg"]


def test_a_unit_whose_condition_does_not_hold_is_said_once_and_left(host):
    held = {"ConditionResult": "no", "ConditionTimestampMonotonic": "7"}
    host.unit("chrony.service", active="inactive", enabled="enabled", **held)
    assert not host.ensure(chosen_services(chrony=True))["changed"]
    assert host.calls() == []


def test_check_mode_changes_nothing(host):
    host.unit("a.service", active="inactive", enabled="disabled")
    assert host.ensure(chosen_services(a=True), _ansible_check_mode=True)["changed"]
    assert host.calls() == []
    assert not (host.state / "made.json").exists()
