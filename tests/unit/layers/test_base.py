import dataclasses
import json

import pytest

from stackward.definition.model import ProviderChoice, Source, SourceType
from stackward.layers import compile_event
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import State
from tests.unit.layers.contexts import APPS, PEERS, contexts, file_at, resource, stack


def test_every_instance_gets_the_attribute_document_even_in_a_layer_of_ones_own():
    only_own = stack(layers={"own": stack().layers["own"]}, apps={})
    resources = compile_event(contexts(Event.DEPLOY, of=only_own))
    document = file_at(resources, "/etc/stackward/attributes.json")
    assert json.loads(document.content)["instance"]["name"] == "all1"
    assert document.mode == "0640"
    assert len(resources) == 2


def test_the_attribute_document_holds_no_token_of_a_sources_address():
    app = next(iter(APPS.values()))
    source = Source(SourceType.ARCHIVE, "https://example.com/site.tar?private_token=sesame")
    told = stack(apps={app.name: dataclasses.replace(app, source=source)})
    document = json.loads(file_at(compile_event(contexts(of=told)), "/etc/stackward/attributes.json").content)
    assert document["apps"][app.name]["source"]["location"] == "https://example.com/site.tar"


def test_a_machine_is_named_after_its_instance_by_setup_unless_somebody_owns_it():
    made = dataclasses.replace(stack(), provider=ProviderChoice("ec2"))
    named = resource(compile_event(contexts(Event.SETUP, of=made)), "run", "host name")
    assert (named.command[-1], named.unless, named.unless_output) == ("all1", ("uname", "-n"), "all1\n")
    for event, of in ((Event.CONFIGURE, made), (Event.SETUP, stack())):
        assert "host name" not in {item.name for item in compile_event(contexts(event, of=of))}


def test_names_of_online_peers_lead_to_their_addresses():
    block = resource(compile_event(contexts()), "block", "names of peers")
    assert block.content == ("fd00::5\tsite1 site1.shop\n10.0.0.2\tweb2 web2.shop\n10.0.0.4\tweb4 web4.shop\n")


def test_an_additional_address_has_a_name_of_its_own():
    peers = {"web2": dataclasses.replace(PEERS["web2"], elastic_address="203.0.113.7")}
    block = resource(compile_event(contexts(peers=peers)), "block", "names of peers")
    assert block.content == "10.0.0.2\tweb2 web2.shop\n203.0.113.7\tweb2-ext\n"


@pytest.mark.parametrize("state", [State.RUNNING_SETUP, State.ONLINE])
def test_its_own_additional_address_has_that_name_in_its_setup_already(state):
    me = dataclasses.replace(PEERS["web2"], name="all1", state=state, elastic_address="203.0.113.8")
    block = resource(compile_event(contexts(Event.SETUP, peers={"all1": me})), "block", "names of peers")
    assert block.content == "203.0.113.8\tall1-ext\n"


def test_names_are_left_alone_outside_of_setup_and_configure():
    assert not [entry for entry in compile_event(contexts(Event.UNDEPLOY)) if entry.kind == "block"]


def test_an_instance_without_layers_is_left_alone():
    assert compile_event([]) == ()
