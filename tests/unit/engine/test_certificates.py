"""Certificates on the controller: files, encrypted files, texts and encrypted texts."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from stackward.definition.model import Secret, Tls
from stackward.engine.certificates import certificates, notices
from stackward.errors import StackwardError
from tests.unit.engine.certificate_maker import certificate, key_text, new_key
from tests.unit.layers.contexts import APPS, stack

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----"
KEY = "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----"


def read(tls, decrypt=lambda text: KEY):
    return certificates(stack(apps={"shop": dataclasses.replace(APPS["admin"], name="shop", tls=tls)}), decrypt)


def test_certificate_chain_and_key_become_one_text(tmp_path):
    (tmp_path / "key").write_text(f"{KEY}\n\n")
    found = read(Tls(CERTIFICATE, str(tmp_path / "key"), CERTIFICATE))
    assert found == {"shop": f"{CERTIFICATE}\n{CERTIFICATE}\n{KEY}\n"}


def test_a_file_that_the_vault_has_encrypted_is_opened(tmp_path):
    (tmp_path / "key").write_text("$ANSIBLE_VAULT;1.1;AES256\n3132\n")
    opened = []
    found = read(Tls(CERTIFICATE, str(tmp_path / "key")), lambda text: opened.append(text) or KEY)
    assert found["shop"].endswith(f"{KEY}\n")
    assert opened == ["$ANSIBLE_VAULT;1.1;AES256\n3132\n"]


def test_an_encrypted_value_is_opened():
    assert read(Tls(CERTIFICATE, Secret("$ANSIBLE_VAULT;…")))["shop"].endswith(f"{KEY}\n")


@pytest.mark.parametrize("tls", [None, Tls()])
def test_apps_without_a_certificate_of_their_own_have_none(tls):
    assert read(tls) == {}


def test_what_is_wrong_names_app_and_file_and_shows_no_content(tmp_path):
    with pytest.raises(StackwardError, match=r"App shop: .*absent, the key of its tls, cannot be read: No such file"):
        read(Tls(CERTIFICATE, str(tmp_path / "absent")))
    (tmp_path / "der").write_bytes(b"\xff\xfe")
    with pytest.raises(StackwardError, match="is not PEM text"):
        read(Tls(CERTIFICATE, str(tmp_path / "der")))
    with pytest.raises(StackwardError, match="does not hold the key") as refusal:
        read(Tls(CERTIFICATE, Secret("x")), lambda text: "hunter2hunter2")
    assert "hunter2" not in str(refusal.value)


NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
OWN = new_key()
GOOD, ENDED = (certificate(OWN, NOW + timedelta(days=days)) for days in (90, -2))
STRANGERS = (
    "App shop: the key of its tls does not belong to its certificate; write the key that the certificate is for."
)


def told(tls):
    return notices(stack(apps={"shop": dataclasses.replace(APPS["admin"], name="shop", tls=tls)}), NOW)


def test_a_key_of_another_certificate_is_refused_before_a_host_is_asked():
    with pytest.raises(StackwardError) as refusal:
        read(Tls(GOOD, Secret("x")), lambda text: key_text(new_key()))
    assert str(refusal.value) == STRANGERS
    assert read(Tls(GOOD, Secret("x")), lambda text: key_text(OWN))["shop"].startswith(GOOD)


def test_a_certificate_that_has_ended_is_still_put_in_place_as_all_else_would_wait_for_it():
    assert ENDED in read(Tls(ENDED, key_text(OWN)))["shop"]


def test_certificates_out_of_time_are_told_with_what_to_do(tmp_path):
    (tmp_path / "shop.crt").write_text(ENDED)
    assert told(Tls(str(tmp_path / "shop.crt"), key_text(OWN), ENDED)) == (
        "App shop: its certificate ended on 2026-11-25 12:00 UTC, and browsers refuse it; renew it, then run stackward "
        "configure --layer lb.",
        "App shop: a certificate of its chain ended on 2026-11-25 12:00 UTC, and browsers refuse it; renew it, then "
        "run stackward configure --layer lb.",
    )


def test_a_key_of_another_certificate_is_told():
    assert told(Tls(GOOD, key_text(new_key()))) == (STRANGERS,)


def test_domains_that_no_certificate_is_for_are_told(tmp_path):
    def served(**domains):
        tls = {name: Tls(GOOD, key_text(OWN)) for name in domains}
        tls["plain"] = None
        apps = {
            name: dataclasses.replace(APPS["admin"], name=name, domains=its, tls=tls[name])
            for name, its in domains.items()
        }
        return notices(stack(apps=apps), NOW)

    assert served(shop=("shop.example.com",), plain=("example.com",)) == ()
    assert served(shop=("shop.example.com", "example.com", "www.example.com")) == (
        "App shop: its certificate is for shop.example.com, and browsers refuse it for example.com and "
        "www.example.com; get one that names them, then run stackward configure --layer lb.",
    )
    unnamed = dataclasses.replace(APPS["admin"], name="shop", domains=("shop.example.com",))
    unnamed = dataclasses.replace(unnamed, tls=Tls(certificate(OWN, NOW + timedelta(days=90), names=()), key_text(OWN)))
    assert notices(stack(apps={"shop": unnamed}), NOW) == (
        "App shop: its certificate names no host (subjectAltName), and browsers refuse it for shop.example.com; "
        "get one that names it, then run stackward configure --layer lb.",
    )


def test_a_domain_that_the_certificate_of_another_app_is_for_is_well():
    """A load balancer presents whichever certificate is for the name that a client asks for."""
    wide = certificate(OWN, NOW + timedelta(days=90), names=["*.example.com"])
    shop = dataclasses.replace(APPS["admin"], name="shop", domains=("shop.example.com", "www.example.com"))
    shop = dataclasses.replace(shop, tls=Tls(GOOD, key_text(OWN)))
    assert len(notices(stack(apps={"shop": shop}), NOW)) == 1
    other = dataclasses.replace(APPS["admin"], name="other", tls=Tls(wide, key_text(OWN)))
    assert notices(stack(apps={"shop": shop, "other": other}), NOW) == ()


def test_what_is_encrypted_or_well_is_not_told():
    assert told(Tls(GOOD, key_text(OWN), GOOD)) == ()
    assert told(Tls(GOOD, Secret("x"))) == ()
    assert told(None) == told(Tls()) == ()


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    (notice,) = told(Tls(GOOD, str(tmp_path / "absent")))
    assert "absent, the key of its tls, cannot be read: No such file" in notice
