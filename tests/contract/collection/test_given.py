"""What is given with -e: what would be passed over is refused, for otherwise the playbook would be about all."""

from __future__ import annotations

import json

import pytest

from stackward.state.store import open_store
from tests.contract.collection.test_inventory import ansible, put_online, write

pytestmark = pytest.mark.ansible

APP = {"layers": ["web"], "source": {"type": "directory", "path": "."}}


def refused(folder, source, playbook, variables):
    done = ansible(folder, "playbook", f"stackward.ops.{playbook}", "-i", str(source), "-e", json.dumps(variables))
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize("playbook", ["stop", "converge", "scale", "update"])
def test_a_misspelt_name_does_not_come_to_mean_everything(tmp_path, playbook):
    source = write(tmp_path)
    put_online(tmp_path, "web1", "192.0.2.10")
    said = refused(tmp_path, source, playbook, {"instnace": "web1"})
    assert "-e instnace=… means nothing here; did you mean instance? Nothing was asked for." in said
    with open_store(f"sqlite:///{tmp_path}/var/shop/state.db") as store:
        assert store.snapshot("shop").instances["web1"].request is None


@pytest.mark.parametrize("playbook", ["heal", "health_check"])
def test_a_misspelt_name_of_what_a_playbook_does_not_go_by_does_not_come_to_mean_everything_either(tmp_path, playbook):
    said = refused(tmp_path, write(tmp_path), playbook, {"instnace": "web1"})
    assert "-e instnace=… means nothing here. This playbook takes no instance; it takes -e stack=…." in said


@pytest.mark.parametrize("nobody", [[], None, "{{ nobody }}"])
@pytest.mark.parametrize(("playbook", "name"), [("stop", "instance"), ("converge", "layer"), ("scale", "layer")])
def test_what_is_given_and_names_nothing_does_not_come_to_mean_everything(tmp_path, playbook, name, nobody):
    said = refused(tmp_path, write(tmp_path), playbook, {name: nobody})
    assert f"{name} is given and names nothing; leave it out to mean all." in said


def test_a_stack_without_a_name_does_not_come_to_mean_every_stack(tmp_path):
    said = refused(tmp_path, write(tmp_path), "heal", {"stack": None})
    assert "stack is given and names nothing; leave it out to mean all." in said


@pytest.mark.parametrize(
    ("playbook", "name", "takes"),
    [
        ("heal", "instance", "-e stack=…"),
        ("health_check", "layer", "-e stack=…"),
        ("stop", "app", "-e stack=… or -e instance=… or -e layer=…"),
        ("converge", "app", "-e stack=… or -e instance=… or -e layer=…"),
    ],
)
def test_what_a_playbook_does_not_go_by_is_refused(tmp_path, playbook, name, takes):
    said = refused(tmp_path, write(tmp_path, apps={"web": APP}, layers={"web": {}, "db": {}}), playbook, {name: "web1"})
    assert f"This playbook takes no {name}; it takes {takes}. Nothing was asked for." in said


def test_a_variable_for_recipes_is_none_of_our_business(tmp_path):
    source = write(tmp_path)
    done = ansible(tmp_path, "playbook", "stackward.ops.converge", "-i", str(source), "-e", "player=x slack=y")
    assert done.returncode == 0, done.stdout


def test_an_app_of_one_stack_is_not_deployed_for_an_instance_of_another(tmp_path):
    one = write(tmp_path, apps={"storefront": APP})
    write(tmp_path, name="other", instances={"other1": {"layers": ["web", "db"]}}, apps={"backstage": APP})
    said = refused(tmp_path, one.parent, "undeploy", {"app": "storefront", "instance": "other1"})
    assert "No stack here has both app 'storefront' and instance 'other1'. Nothing was asked for." in said


def test_an_app_is_not_quietly_left_alone_where_the_instance_named_does_not_run_it(tmp_path):
    source = write(tmp_path, apps={"storefront": {**APP, "layers": ["db"]}})
    said = refused(tmp_path, source, "undeploy", {"instance": "web1"})
    assert "App storefront does not run on web1; it runs on db1. Nothing was asked for." in said
