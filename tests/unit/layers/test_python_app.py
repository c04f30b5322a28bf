import dataclasses

import pytest

from stackward.attributes import Peer
from stackward.definition.model import Layer
from stackward.layers import app_port, compile_event
from stackward.layers.app_environment import environment_file
from stackward.layers.errors import LayerError
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import State
from tests.unit.layers.contexts import ACCESS, APPS, LAYERS, PEERS, contexts, file_at, resource, stack


def deploy(**arguments):
    return compile_event(contexts(Event.DEPLOY, **arguments))


def test_ports_count_up_in_the_order_of_the_file():
    of = stack()
    assert [app_port(of, of.apps[name], of.layers["web"]) for name in ("storefront", "admin")] == [8000, 8002]


def test_an_app_may_have_a_port_of_its_own():
    of = stack(layers={"web": Layer("web", "python_app", {"ports": {"admin": 9000}})})
    assert app_port(of, APPS["admin"], of.layers["web"]) == 9000


def test_a_layer_that_serves_no_apps_has_no_port():
    of = stack()
    with pytest.raises(LayerError, match="serves no apps"):
        app_port(of, APPS["admin"], of.layers["db"])


def test_a_deploy_switches_only_after_everything_is_in_place():
    names = [entry.name for entry in deploy() if entry.name.startswith("storefront: ")]
    order = ["release", "virtual environment", "environment", "socket", "service", "current release", "service runs"]
    places = [names.index(f"storefront: {name}") for name in order]
    assert places == sorted(places)
    assert names.index("storefront: answers") > places[-1]


def test_the_environment_file_holds_the_database_and_is_secret():
    file = file_at(deploy(environment={"KEY": "value"}), "/etc/stackward/apps/storefront.env")
    assert 'DATABASE_URL="postgresql://storefront:pass%2Fword@10.0.0.9:5432/storefront"\n' in file.content
    assert 'DATABASE_PASSWORD="pass/word"\n' in file.content
    assert 'KEY="value"\n' in file.content
    assert (file.mode, file.group, file.secret) == ("0640", "storefront", True)


def test_ones_own_variables_win():
    file = file_at(deploy(environment={"DATABASE_HOST": "elsewhere"}), "/etc/stackward/apps/storefront.env")
    assert 'DATABASE_HOST="elsewhere"\n' in file.content


def test_a_database_without_address_goes_by_its_name():
    access = dataclasses.replace(ACCESS, host=None)
    file = file_at(deploy(access=access), "/etc/stackward/apps/storefront.env")
    assert 'DATABASE_HOST="all1"\n' in file.content


def test_no_other_resource_holds_a_secret_of_the_app():
    for entry in deploy(environment={"KEY": "a-very-secret-value"}):
        if not getattr(entry, "secret", False):
            assert "a-very-secret-value" not in repr(entry)
            assert ACCESS.password not in repr(entry)


def test_a_changed_environment_restarts_the_app_only():
    file = file_at(compile_event(contexts(Event.CONFIGURE)), "/etc/stackward/apps/storefront.env")
    assert file.notify == ("restart:storefront.service",)


def test_a_changed_port_restarts_socket_and_service():
    file = file_at(deploy(), "/etc/systemd/system/storefront.socket")
    assert "ListenStream=0.0.0.0:8000" in file.content
    assert set(file.notify) == {"restart:storefront.socket", "restart:storefront.service"}


def test_folders_on_the_way_to_a_shared_one_do_not_belong_to_the_app():
    owners = {entry.path: entry.owner for entry in deploy() if entry.kind == "directory"}
    assert owners["/srv/storefront/shared/uploads"] == "root"
    assert owners["/srv/storefront/shared/uploads/images"] == "storefront"
    link = resource(deploy(), "link", "storefront: shared uploads/images")
    assert (link.path, link.target) == (
        "/srv/storefront/releases/r1/uploads/images",
        "/srv/storefront/shared/uploads/images",
    )


@pytest.mark.parametrize(("state", "any_status"), [(State.ONLINE, False), (State.RUNNING_SETUP, True)])
def test_before_it_is_online_an_instance_need_only_answer(state, any_status):
    peers = {**PEERS, "all1": Peer("all1", tuple(LAYERS), state, "10.0.0.1")}
    answers = resource(deploy(peers=peers), "answers", "storefront")
    assert answers.any_status is any_status
    assert answers.url == "http://127.0.0.1:8000/"


def test_keeps_releases_and_the_live_one():
    releases = resource(deploy(), "releases", "storefront")
    assert (releases.keep, releases.protect) == (3, ("/srv/storefront/current",))


def test_undeploy_stops_before_it_removes():
    kinds = [entry.kind for entry in compile_event(contexts(Event.UNDEPLOY)) if entry.name.startswith("storefront: ")]
    assert kinds == ["service", "service", "absent", "absent", "absent", "absent"]


def test_shutdown_stops_every_app_of_the_layer():
    stop = resource(compile_event(contexts(Event.SHUTDOWN)), "run", "apps stop")
    assert stop.command[2:] == ("storefront.socket", "storefront.service", "admin.socket", "admin.service")


@pytest.mark.parametrize("name", ["mail", "postgres", "Shop", "a" * 33, "../x"])
def test_an_app_cannot_take_over_a_name_of_the_system(name):
    app = dataclasses.replace(APPS["admin"], name=name)
    with pytest.raises(LayerError, match=name.replace(".", r"\.")):
        deploy(of=stack(apps={name: app}))


def test_a_release_cannot_leave_its_folder():
    with pytest.raises(LayerError, match="release"):
        deploy(release="../../etc")


def test_an_app_in_two_layers_of_an_instance_is_deployed_once():
    layers = {"web": LAYERS["web"], "more": Layer("more", "python_app", {"port": 9000})}
    app = dataclasses.replace(APPS["admin"], layers=("web", "more"))
    resources = deploy(of=stack(layers=layers, apps={"admin": app}))
    assert "0.0.0.0:8000" in file_at(resources, "/etc/systemd/system/admin.service").content


def test_a_variable_needs_a_proper_name():
    with pytest.raises(LayerError, match="WITH SPACE"):
        environment_file({"WITH SPACE": "x"})
