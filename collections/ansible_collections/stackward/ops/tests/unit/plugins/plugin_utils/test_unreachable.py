# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible_collections.stackward.ops.plugins.plugin_utils import unreachable

from stackward.definition.loader import load_text

STACK = load_text(
    "plugin: stackward.ops.stack\nname: shop\nprovider: {type: container}\nlayers: {web: {}}\n"
    "instances: {web1: {layers: [web]}, rack1: {layers: [web], address: 192.0.2.10}}\n",
    "/project/inventory/shop.stack.yml",
    environment={},
)
OURS = SimpleNamespace(name="web1", stack=STACK)
HOST = {"ansible_host": "192.0.2.10", "ansible_port": 2222}
BROKEN = 'Data could not be sent to remote host "192.0.2.10". Make sure this host can be reached over ssh: Broken pipe'
PINNED, ANOTHER = "ssh-ed25519 AAAA", "ssh-ed25519 BBBB"


@pytest.fixture
def keys(monkeypatch):
    """Give what is pinned and what is shown; returns what was asked."""
    asked = []

    def give(pinned, shown):
        monkeypatch.setattr(unreachable.ssh, "pinned", lambda *place: asked.append(place) or pinned)
        monkeypatch.setattr(unreachable.ssh, "shown", lambda *place: asked.append(place) or shown)
        return asked

    return give


@pytest.mark.parametrize("said", [BROKEN, "Host key verification failed.", "REMOTE HOST IDENTIFICATION HAS CHANGED!"])
def test_a_changed_host_key_is_named_with_the_pinned_one(keys, said):
    asked = keys((PINNED,), (ANOTHER,))
    why = unreachable.why(said, OURS, HOST)
    assert why.startswith(
        "ALARM: web1 at 192.0.2.10 is not the machine that it was. Its host key is ssh-ed25519 SHA256:"
    )
    assert "terminate the instance and start it again" in why
    assert asked == [(STACK.data, "192.0.2.10", 2222), ("web1", "192.0.2.10", 2222)]


@pytest.mark.parametrize(("pinned", "shown"), [((PINNED,), (PINNED,)), ((PINNED,), ()), ((), (ANOTHER,))])
def test_where_no_key_has_changed_ansible_is_quoted(keys, pinned, shown):
    keys(pinned, shown)
    assert unreachable.why(BROKEN, OURS, HOST) == BROKEN


def test_a_host_that_does_not_answer_is_not_asked_for_its_keys(keys):
    asked = keys((PINNED,), (ANOTHER,))
    assert unreachable.why("Connection timed out", OURS, HOST) == "Connection timed out"
    assert unreachable.why(BROKEN, OURS, {}) == BROKEN
    assert not asked


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("rack1", "deregister the instance"), ("web1", "terminate the instance"), ("gone1", "terminate")],
)
def test_what_to_do_is_said_for_whose_machine_it_is(keys, name, remedy):
    keys((PINNED,), (ANOTHER,))
    assert remedy in unreachable.why(BROKEN, SimpleNamespace(name=name, stack=STACK), HOST)


def test_what_aws_says_of_a_session_is_that_the_host_cannot_be_reached():
    exceptions = pytest.importorskip("botocore.exceptions")
    said = exceptions.ClientError({"Error": {"Code": "TargetNotConnected"}}, "StartSession")
    assert unreachable.is_said(said)
    assert unreachable.is_said(AnsibleConnectionFailure("no route"))
    assert not unreachable.is_said(AnsibleActionFail("wrong option"))
    assert not unreachable.is_said(KeyError("a mistake of ours"))
