import dataclasses

import pytest

from stackward.definition.model import Layer, Secret, Tls
from stackward.layers import compile_event
from stackward.layers.errors import LayerError
from stackward.layers.haproxy import urls
from stackward.lifecycle.events import Event
from tests.unit.layers.contexts import APPS, LAYERS, PEERS, contexts, file_at, resource, stack


def configuration(**arguments):
    return file_at(compile_event(contexts(**arguments)), "/etc/haproxy/haproxy.cfg")


def balancer(settings):
    return stack(layers={**LAYERS, "lb": Layer("lb", "haproxy", settings)})


def test_sends_requests_to_the_online_instances_of_an_apps_layers():
    backend = configuration().content.split("\nbackend storefront\n")[1].split("\n\n")[0]
    servers = [line.split()[1:3] for line in backend.splitlines() if line.strip().startswith("server ")]
    assert servers == [["all1", "10.0.0.1:8000"], ["web2", "10.0.0.2:8000"], ["web4", "10.0.0.4:8000"]]
    assert "uri /healthz" in backend
    assert "hdr Host shop.example.com" in backend


def test_an_app_is_asked_where_it_was_deployed_until_the_next_deploy():
    moved = {**PEERS, "web2": dataclasses.replace(PEERS["web2"], ports={"storefront": 7000})}
    servers = configuration(peers=moved).content.split("\nbackend storefront\n")[1]
    assert "server web2 10.0.0.2:7000\n" in servers
    assert "server all1 10.0.0.1:8000\n" in servers


def test_an_ipv6_address_stands_in_brackets():
    assert "server site1 [fd00::5]:8080" in configuration().content


def test_the_first_app_answers_for_unknown_domains():
    text = configuration().content
    assert "default_backend storefront" in text
    assert "use_backend brochure if { req.hdr(host),field(1,:),lower -m str www.example.com }" in text


def test_without_apps_there_is_no_backend():
    text = configuration(of=stack(apps={})).content
    assert "backend" not in text.replace("default_backend", "")
    assert "default_backend" not in text


def test_an_app_that_only_recipes_deploy_is_not_balanced():
    apps = {"job": dataclasses.replace(stack().apps["storefront"], name="job", layers=("own",), database=None)}
    assert "backend job" not in configuration(of=stack(apps=apps)).content


def test_a_change_is_checked_before_and_reloads_after():
    file = configuration()
    # With -q it would not say what it refuses.
    assert file.validate == ("haproxy", "-c", "-f", "%s")
    assert file.notify == ("reload:haproxy.service",)
    assert resource(compile_event(contexts()), "service", "HAProxy").running


def test_statistics_without_password_stay_on_the_instance():
    text = configuration(of=balancer({"statistics": {}})).content
    assert "bind 127.0.0.1:8404" in text
    assert "stats auth" not in text


def test_statistics_with_password_are_secret():
    file = configuration(of=balancer({"statistics": {"user": "ops", "password": "hunter22"}}))
    assert "bind :8404" in file.content
    assert 'stats auth "ops:hunter22"\n' in file.content
    assert file.secret


def test_a_password_is_quoted_as_haproxy_reads_it():
    text = configuration(of=balancer({"statistics": {"user": "ops", "password": 'a#b c"d\\e$f'}})).content
    assert 'stats auth "ops:a#b c\\"d\\\\e\\$f"\n' in text


def test_a_password_of_two_lines_is_refused():
    with pytest.raises(LayerError, match="one line"):
        configuration(of=balancer({"statistics": {"user": "ops", "password": "two\nlines"}}))


def test_no_line_has_more_words_than_haproxy_reads():
    domains = tuple(f"d{number}.example.com" for number in range(200))
    apps = {
        name: dataclasses.replace(APPS["storefront"], name=name, domains=given, tls=Tls(), database=None)
        for name, given in [("storefront", domains), *((f"app{number}", ()) for number in range(100))]
    }
    text = configuration(of=stack(apps=apps)).content
    assert max(len(line.split()) for line in text.splitlines() if not line.lstrip().startswith("#")) <= 64
    named = [line.split("-m str ")[1].split() for line in text.splitlines() if "use_backend storefront if" in line]
    assert tuple(word for words in named for word in words if word != "}") == domains


def test_an_encrypted_password_is_not_written_down():
    with pytest.raises(LayerError, match="still encrypted"):
        configuration(of=balancer({"statistics": {"user": "ops", "password": Secret("$ANSIBLE_VAULT…")}}))


def test_wrong_settings_are_named():
    with pytest.raises(LayerError, match=r"layer 'lb'.*helthcheck"):
        configuration(of=balancer({"helthcheck": "/"}))


def test_setup_installs_before_it_configures():
    kinds = [entry.kind for entry in compile_event(contexts(Event.SETUP)) if "HAProxy" in entry.name]
    assert kinds[0] == "packages"
    assert kinds[-1] == "service"


@pytest.mark.parametrize(
    ("secured", "settings", "host", "found"),
    [
        ((), {}, "10.0.0.1", ["http://10.0.0.1/"]),
        ((), {"port": 8080}, "fd00::1", ["http://[fd00::1]:8080/"]),
        (("storefront",), {}, "10.0.0.1", ["https://10.0.0.1/", "http://10.0.0.1/"]),
        (("storefront", "brochure", "admin"), {}, "10.0.0.1", ["https://10.0.0.1/"]),
        (("storefront", "brochure", "admin"), {"https_port": 8443}, "10.0.0.1", ["https://10.0.0.1:8443/"]),
    ],
)
def test_it_is_told_where_it_answers_by_https_where_its_apps_have_it(secured, settings, host, found):
    layers = {**LAYERS, "lb": Layer("lb", "haproxy", settings)}
    apps = {name: dataclasses.replace(app, tls=Tls() if name in secured else None) for name, app in APPS.items()}
    assert list(urls(stack(layers=layers, apps=apps), layers["lb"], host)) == found


def test_it_is_told_where_it_answers_before_there_is_an_app():
    assert urls(stack(apps={}), LAYERS["lb"], "10.0.0.1") == ("http://10.0.0.1/",)


def test_a_server_that_has_vanished_holds_up_a_request_only_briefly_and_one_that_changes_something_is_sent_once():
    content = configuration().content
    assert {"    option redispatch 1", "    timeout connect 1500ms"} <= set(content.splitlines())
    assert "    http-request disable-l7-retry unless { method GET HEAD OPTIONS }\n" in content
