"""What an event wants of an instance whose app is another one in the file by now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackward.definition.model import Check, CheckType, Layer
from stackward.engine import deployments, events
from stackward.engine.compiling import Absent
from stackward.state.records import Deployment
from stackward.state.store import open_store
from tests.contract.state.examples import NOW, TO_ONLINE, advance, claimed_instance
from tests.stacks import small_stack

STACK = small_stack({"web1": ("web",)}, layers={"web": Layer("web", "python_app")})
APP = replace(STACK.apps["storefront"], database=None)
STACK = replace(STACK, apps={"storefront": APP})
CHANGED = replace(STACK, apps={"storefront": replace(APP, environment={"COLOUR": "blue"})})
MOVED = replace(STACK, layers={"web": Layer("web", "python_app", {"port": 9000})})
GONE = replace(STACK, apps={})
OWN = replace(GONE, layers={"web": Layer("web", None)})


@pytest.fixture
def store(tmp_path):
    """A stack with an instance that the app is deployed on."""
    live = Deployment("storefront", "r1", "v1", NOW)
    with open_store(f"sqlite:///{tmp_path}/state.db") as made:
        _, epoch = claimed_instance(made)
        with made.transaction("shop") as transaction:
            advance(transaction, "web1", epoch, *TO_ONLINE)
            transaction.set_release("web1", epoch, deployments.as_deployed(STACK, APP, STACK.instances["web1"], live))
            transaction.set_deployment(live)
        yield made


def wanted(store, stack, event, **arguments):
    begun = events.look(store, stack, "web1", event, arguments, decrypt=str, now=lambda: NOW)
    return {resource.name.removeprefix("storefront: ") for resource in begun.resources}


def test_a_configure_looks_after_an_app_whose_settings_are_those_it_was_deployed_with(store):
    assert {"environment", "socket", "service", "service runs"} <= wanted(store, STACK, "configure")


@pytest.mark.parametrize("stack", [CHANGED, MOVED], ids=["another environment", "another port"])
def test_a_configure_leaves_an_app_alone_whose_settings_wait_for_a_deploy(store, stack):
    found = wanted(store, stack, "configure")
    assert "service runs" in found
    assert found & {"environment", "socket", "service"} == set()


@pytest.mark.parametrize(
    ("stack", "event", "idle"), [(OWN, "deploy", True), (OWN, "setup", False), (GONE, "deploy", False)]
)
def test_a_deploy_that_only_recipes_would_hear_of_is_idle(store, stack, event, idle):
    begun = events.look(store, stack, "web1", event, {}, decrypt=str, now=lambda: NOW)
    assert begun.idle is idle


@pytest.mark.parametrize(("checked", "before"), [(9000, 8000), (9100, 9100)], ids=["its own port", "another port"])
def test_what_is_taken_back_is_asked_at_the_port_on_which_it_was_deployed(
    store, tmp_path, monkeypatch, checked, before
):
    monkeypatch.setattr(deployments, "archive", lambda *_: "/new.tar.gz")
    deploy = replace(APP.deploy, health=Check(CheckType.HTTP, checked, "/healthz"))
    stack = replace(MOVED, apps={"storefront": replace(APP, deploy=deploy)}, data=str(tmp_path))
    begun = events.look(store, stack, "web1", "deploy", {}, decrypt=str, now=lambda: NOW)
    assert [check.url for check in begun.health] == [f"http://127.0.0.1:{checked}/healthz"]
    assert [check.url for check in begun.health_before] == [f"http://127.0.0.1:{before}/healthz"]


def test_a_host_is_taken_to_have_what_it_was_given_last_and_no_other_release(store, tmp_path, monkeypatch):
    monkeypatch.setattr(deployments, "archive", lambda *_: "/new.tar.gz")
    stack = replace(STACK, data=str(tmp_path))

    def absent():
        return events.look(store, stack, "web1", "deploy", {}, decrypt=str, now=lambda: NOW).absent

    assert absent() == ()
    with store.transaction("shop") as transaction:
        transaction.set_deployment(Deployment("storefront", "r2", "v2", NOW))
    assert absent() == (Absent("/new.tar.gz", "r1", f"{tmp_path}/sources/storefront/v1.tar.gz"),)


def test_an_app_that_has_left_the_file_can_be_taken_away(store):
    assert {"service is stopped", "folder"} <= wanted(store, GONE, "undeploy")
