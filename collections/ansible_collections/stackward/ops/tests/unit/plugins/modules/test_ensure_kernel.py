# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parameters of the kernel, in a folder that stands for /proc/sys."""

from __future__ import annotations

import pytest
from ansible_collections.stackward.ops.plugins.module_utils.applying import kernel
from ansible_collections.stackward.ops.plugins.modules import ensure
from ansible_collections.stackward.ops.tests.unit.plugins.modules.resources import kernel_parameters


@pytest.fixture
def parameters(host, monkeypatch):
    """The folder of the parameters."""
    root = host.folder / "sys"
    (root / "net").mkdir(parents=True)
    (root / "net/a").write_text("1\n")
    (root / "net/b").write_text("1\t2\n")
    monkeypatch.setattr(kernel, "ROOT", str(root))
    return root / "net"


def test_parameters_are_set_now_and_for_the_next_boot(host, parameters):
    wanted = kernel_parameters(host.path("60.conf"), net__a="7", net__b="1 2")
    assert host.ensure(wanted)["results"][0]["message"] == f"net.a = 7; {host.path('60.conf')}: created"
    assert (parameters / "a").read_text() == "7"
    assert (host.folder / "60.conf").read_text() == "net.a = 7\nnet.b = 1 2\n"
    assert not host.ensure(wanted)["changed"]


def test_what_somebody_has_changed_since_is_set_again(host, parameters):
    wanted = kernel_parameters(host.path("60.conf"), net__a="7")
    host.ensure(wanted)
    (parameters / "a").write_text("8\n")
    assert host.ensure(wanted)["results"][0]["message"] == "net.a = 7"


def test_what_has_left_gets_back_its_value_and_the_file_goes(host, parameters):
    host.ensure(kernel_parameters(host.path("60.conf"), net__a="7"))
    host.ensure(kernel_parameters(host.path("60.conf"), net__a="9"))
    assert host.ensure(kernel_parameters(host.path("60.conf")))["results"][0]["message"].startswith("net.a = 1; ")
    assert (parameters / "a").read_text() == "1"
    assert not (host.folder / "60.conf").exists()
    assert not host.ensure(kernel_parameters(host.path("60.conf")))["changed"]


@pytest.mark.usefixtures("parameters")
def test_a_parameter_that_there_is_not_is_an_error(host):
    result = host.ensure(kernel_parameters(host.path("60.conf"), net__c="1"))
    assert "This host's kernel has no parameter net.c" in result["msg"]


@pytest.mark.usefixtures("parameters")
def test_a_parameter_that_cannot_be_set_is_warned_of(host, monkeypatch):
    monkeypatch.setattr(kernel, "is_writable", lambda _: False)
    said = []
    monkeypatch.setattr(ensure.AnsibleModule, "warn", lambda _, text: said.append(text))
    host.ensure(kernel_parameters(host.path("60.conf"), net__a="7"))
    assert "net.a cannot be set on this host" in said[0]
    assert (host.folder / "60.conf").read_text() == "net.a = 7\n"
    assert not host.ensure(kernel_parameters(host.path("60.conf"), net__a="7"))["changed"]


def test_check_mode_sets_nothing(host, parameters):
    assert host.ensure(kernel_parameters(host.path("60.conf"), net__a="7"), _ansible_check_mode=True)["changed"]
    assert (parameters / "a").read_text() == "1\n"
    assert not (host.folder / "60.conf").exists()
