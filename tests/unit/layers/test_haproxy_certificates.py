import dataclasses

import pytest

from stackward.definition.model import Tls
from stackward.layers import compile_event
from stackward.layers.haproxy_certificates import redirect
from stackward.lifecycle.events import Event
from tests.unit.layers.contexts import APPS, contexts, file_at, resource, stack

PEM = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nabcdefghij\n"
GENERATED = Tls()
OWN = Tls("/shop.crt", "/shop.key")


def apps(**tls):
    return {name: dataclasses.replace(app, tls=tls.get(name)) for name, app in APPS.items()}


def compiled(of, certificates=None):
    given = contexts(Event.CONFIGURE, of=of)
    return compile_event([dataclasses.replace(context, certificates=certificates or {}) for context in given])


def configuration(**tls):
    return file_at(compiled(stack(apps=apps(**tls))), "/etc/haproxy/haproxy.cfg").content


def test_without_tls_there_is_no_https():
    text = configuration()
    assert "bind :443" not in text
    assert "redirect" not in text
    assert not [entry for entry in compiled(stack()) if "certificate" in entry.name]


def test_an_apps_own_certificate_is_secret_checked_and_for_root_alone():
    file = file_at(
        compiled(stack(apps=apps(storefront=OWN)), {"storefront": PEM}), "/etc/haproxy/certificates/storefront.pem"
    )
    assert file.content == PEM
    assert (file.owner, file.mode, file.secret) == ("root", "0600", True)
    assert file.validate == ("/usr/local/lib/stackward/certificate-check", "%s")
    assert file.notify == ("reload:haproxy.service",)


def test_no_other_resource_holds_the_key():
    resources = compiled(stack(apps=apps(storefront=OWN)), {"storefront": PEM})
    holding = [entry for entry in resources if "abcdefghij" in repr(entry)]
    assert [entry.path for entry in holding] == ["/etc/haproxy/certificates/storefront.pem"]


def test_a_generated_certificate_is_for_the_domains_of_its_app():
    run = resource(compiled(stack(apps=apps(storefront=GENERATED))), "run", "generated certificate")
    assert run.command[1:] == ("/etc/haproxy/certificates/storefront.pem", "shop.example.com")
    assert run.unless[1:] == ("--check", *run.command[1:])


def test_certificates_are_in_place_before_the_configuration_that_names_them():
    names = [entry.name for entry in compiled(stack(apps=apps(storefront=GENERATED, brochure=GENERATED)))]
    places = [names.index(name) for name in ("brochure: generated certificate", "list of certificates")]
    assert sorted([*places, names.index("HAProxy's configuration")])[:2] == places


def test_the_first_certificate_is_that_of_the_first_app():
    resources = compiled(stack(apps=apps(storefront=GENERATED, brochure=OWN)), {"brochure": PEM})
    folder = "/etc/haproxy/certificates"
    assert file_at(resources, f"{folder}/list").content == f"{folder}/storefront.pem\n{folder}/brochure.pem\n"
    assert f"bind :443 ssl crt-list {folder}/list " in file_at(resources, "/etc/haproxy/haproxy.cfg").content


@pytest.mark.parametrize(
    ("tls", "domains", "all_but"),
    [
        ({"storefront": GENERATED, "brochure": GENERATED}, (), True),
        ({"storefront": GENERATED}, ("www.example.com",), True),
        ({"storefront": GENERATED, "brochure": Tls(redirect=False)}, ("www.example.com",), True),
        ({"brochure": GENERATED}, ("www.example.com",), False),
        ({"storefront": Tls(redirect=False), "brochure": GENERATED}, ("www.example.com",), False),
    ],
)
def test_just_the_requests_of_apps_that_want_it_are_led_to_https(tls, domains, all_but):
    found = redirect(tuple(apps(**tls).values()), 443)
    assert found is not None
    assert (found.domains, found.all_but) == (domains, all_but)


@pytest.mark.parametrize("tls", [{}, {"storefront": Tls(redirect=False)}, {"admin": GENERATED}])
def test_nothing_is_led_where_nobody_wants_it_or_no_domain_says_whom(tls):
    assert redirect(tuple(apps(**tls).values()), 443) is None


def test_an_unusual_port_is_part_of_the_address_that_one_is_led_to():
    found = redirect(tuple(apps(storefront=GENERATED).values()), 8443)
    assert found is not None
    assert found.port == ":8443"
