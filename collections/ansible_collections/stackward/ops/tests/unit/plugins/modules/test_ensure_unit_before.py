# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Units that come with a package of Stackward's, and what becomes of them when nobody needs them any more."""

from __future__ import annotations

import pytest
from ansible_collections.stackward.ops.tests.unit.plugins.modules.resources import service, unit_before


def states(host):
    return (host.systemd / "units").read_text()


def test_one_that_was_not_there_is_stopped_and_disabled_again(host):
    host.ensure(unit_before("exporter", needed=True))
    host.unit("exporter.service")
    host.ensure(service("exporter.service"))
    assert host.ensure(unit_before("exporter", needed=False))["changed"]
    assert '"ActiveState": "inactive", "UnitFileState": "disabled"' in states(host)
    assert not host.ensure(unit_before("exporter", needed=False))["changed"]


@pytest.mark.parametrize(("active", "enabled"), [("active", "enabled"), ("inactive", "disabled")])
def test_one_that_somebody_had_before_becomes_what_it_was_however_often_it_was_looked_at(host, active, enabled):
    host.unit("exporter.service", active=active, enabled=enabled)
    host.ensure(unit_before("exporter", needed=True))
    host.ensure(service("exporter.service"))
    host.ensure(unit_before("exporter", needed=True))
    host.ensure(unit_before("exporter", needed=False))
    assert '"ActiveState": "%s", "UnitFileState": "%s"' % (active, enabled) in states(host)


def test_one_that_was_never_needed_is_left_alone(host):
    host.unit("exporter.service")
    assert not host.ensure(unit_before("exporter", needed=False))["changed"]
    assert host.calls() == []
