# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tables of cron."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.stackward.ops.plugins.module_utils.applying import cron_jobs as applying
from ansible_collections.stackward.ops.plugins.modules import ensure
from ansible_collections.stackward.ops.tests.unit.plugins.modules.resources import cron_jobs


@pytest.fixture
def accounts(monkeypatch):
    """The accounts that cron would find."""
    known = {"root"}

    def found(name):
        if name not in known:
            raise KeyError(name)

    monkeypatch.setattr(applying, "pwd", SimpleNamespace(getpwnam=found))
    return known


@pytest.fixture
def said(monkeypatch):
    """What the host is warned of."""
    texts = []
    monkeypatch.setattr(ensure.AnsibleModule, "warn", lambda _, text: texts.append(text))
    return texts


@pytest.mark.usefixtures("accounts")
def test_a_table_has_its_jobs_once(host):
    wanted = cron_jobs(host.path("table"), one="root")
    assert host.ensure(wanted)["changed"]
    assert (host.folder / "table").read_text() == "A=b\n@daily root one\n"
    assert not host.ensure(wanted)["changed"]


def test_a_job_for_nobody_waits_for_its_account_and_stops_no_other(host, accounts, said):
    wanted = cron_jobs(host.path("table"), one="shop", two="root")
    host.ensure(wanted)
    assert (host.folder / "table").read_text() == "A=b\n@daily root two\n"
    assert said == [
        "The cron job one does not run: there is no account shop on this host. "
        "The next Configure adds it if there is one by then."
    ]
    assert not host.ensure(wanted)["changed"]
    accounts.add("shop")
    assert host.ensure(wanted)["changed"]
    assert (host.folder / "table").read_text() == "A=b\n@daily shop one\n@daily root two\n"


@pytest.mark.usefixtures("accounts")
def test_check_mode_counts_on_accounts_that_would_have_been_made_before(host, said):
    result = host.ensure(cron_jobs(host.path("table"), one="shop"), _ansible_check_mode=True, _ansible_diff=True)
    assert "shop one" in str(result["diff"])
    assert said == []
