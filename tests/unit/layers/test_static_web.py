from datetime import UTC, datetime

from stackward.layers import app_port, compile_event
from stackward.lifecycle.events import Event
from tests.unit.layers.contexts import contexts, file_at, resource, stack


def test_serves_each_app_by_its_domain():
    file = file_at(compile_event(contexts()), "/etc/nginx/nginx.conf")
    assert "listen 8080 default_server;" in file.content
    assert "server_name Www.example.com;" in file.content
    assert "root /srv/brochure/current;" in file.content
    assert "/srv/storefront" not in file.content
    assert file.validate == ("nginx", "-t", "-q", "-c", "%s")
    assert file.notify == ("reload:nginx.service",)


def test_all_sites_share_the_layers_port():
    of = stack()
    assert app_port(of, of.apps["brochure"], of.layers["site"]) == 8080


def test_a_deploy_needs_no_reload():
    resources = [entry for entry in compile_event(contexts(Event.DEPLOY)) if entry.name.startswith("brochure: ")]
    assert [entry.kind for entry in resources] == ["directory", "directory", "release", "link", "releases"]
    assert not any(entry.notify for entry in resources)
    assert resource(resources, "release", "brochure").group == "www-data"


def test_what_is_in_a_release_has_one_time_on_all_instances():
    deploy = compile_event(contexts(Event.DEPLOY, release="20261127T104025Z-a9c3b51fff"))
    made = {entry.name: entry.made_at for entry in deploy if entry.kind == "release"}
    assert made == dict.fromkeys(
        (f"{app}: release" for app in ("brochure", "storefront", "admin")),
        int(datetime(2026, 11, 27, 10, 40, 25, tzinfo=UTC).timestamp()),
    )


def test_undeploy_removes_the_apps_folder():
    assert resource(compile_event(contexts(Event.UNDEPLOY)), "absent", "brochure").path == "/srv/brochure"
