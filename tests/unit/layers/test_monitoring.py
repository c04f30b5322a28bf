import dataclasses

import pytest
import yaml

from stackward.definition.model import Layer
from stackward.layers import compile_event
from stackward.layers.errors import LayerError
from stackward.lifecycle.events import Event
from tests.unit.layers.contexts import LAYERS, contexts, file_at, resource, stack

MONITORED = {**LAYERS, "watch": Layer("watch", "monitoring")}
CONFIGURATION = "/etc/prometheus/prometheus.yml"


def with_settings(**settings):
    return stack(layers={**LAYERS, "watch": Layer("watch", "monitoring", settings)})


def jobs(**arguments):
    text = file_at(compile_event(contexts(**arguments)), CONFIGURATION).content
    return {job["job_name"]: job for job in yaml.safe_load(text)["scrape_configs"]}


def test_every_online_instance_is_a_target_with_its_name_and_layers():
    found = jobs(of=stack(layers=MONITORED))["node"]["static_configs"]
    assert [(entry["targets"], entry["labels"]["instance"]) for entry in found] == [
        (["10.0.0.1:9100"], "all1"),
        (["[fd00::5]:9100"], "site1"),
        (["10.0.0.2:9100"], "web2"),
        (["10.0.0.4:9100"], "web4"),
    ]
    assert found[0]["labels"]["layers"] == "lb,web,site,db,own"


def test_with_nobody_online_there_is_no_target():
    assert jobs(of=stack(layers=MONITORED), peers={})["node"]["static_configs"] == [{"targets": []}]


def test_a_job_scrapes_the_instances_of_its_layer():
    job = jobs(of=with_settings(jobs={"app": {"layer": "site", "port": 8000, "path": "/stats"}}))["app"]
    assert job["metrics_path"] == "/stats"
    assert [entry["targets"] for entry in job["static_configs"]] == [["10.0.0.1:8000"], ["[fd00::5]:8000"]]


def test_a_job_for_a_layer_that_there_is_not_is_refused():
    with pytest.raises(LayerError, match=r"jobs\.app\.layer: there is no layer 'wbe'; the layers are lb, web"):
        jobs(of=with_settings(jobs={"app": {"layer": "wbe", "port": 8000}}))


def test_new_targets_are_checked_and_loaded_without_a_restart():
    file = file_at(compile_event(contexts(of=stack(layers=MONITORED))), CONFIGURATION)
    assert file.validate == ("promtool", "check", "config", "%s")
    assert file.notify == ("reload:prometheus.service",)


@pytest.mark.parametrize("event", [Event.SETUP, Event.CONFIGURE])
def test_every_instance_of_a_monitored_stack_has_an_exporter(event):
    watched = stack(layers=MONITORED)
    bystander = dataclasses.replace(
        watched, instances={"all1": dataclasses.replace(watched.instances["all1"], layers=("own",))}
    )
    resources = compile_event(contexts(event, of=bystander))
    assert resource(resources, "packages", "node_exporter").packages == ("prometheus-node-exporter",)
    assert resource(resources, "service", "node_exporter").running


@pytest.mark.parametrize(("of", "event"), [(stack(), Event.SETUP), (stack(layers=MONITORED), Event.DEPLOY)])
def test_elsewhere_nobody_has_one(of, event):
    assert not [entry for entry in compile_event(contexts(event, of=of)) if "node_exporter" in entry.name]


def test_port_and_retention_are_arguments_that_need_a_restart():
    file = file_at(compile_event(contexts(of=with_settings(port=9999, retention="30d"))), "/etc/default/prometheus")
    assert 'ARGS="--web.listen-address=:9999 --storage.tsdb.retention.time=30d"' in file.content
    assert file.notify == ("restart:prometheus.service",)


@pytest.mark.parametrize("name", ["node", "prometheus"])
def test_a_job_does_not_take_the_place_of_the_layers_own(name):
    with pytest.raises(LayerError, match="the layer's own jobs"):
        jobs(of=with_settings(jobs={name: {"layer": "web", "port": 8000}}))
