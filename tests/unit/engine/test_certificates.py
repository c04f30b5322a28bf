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


def test_what_is_encrypted_or_well_is_not_told():
    assert told(Tls(GOOD, key_text(OWN), GOOD)) == ()
    assert told(Tls(GOOD, Secret("x"))) == ()
    assert told(None) == told(Tls()) == ()


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    (notice,) = told(Tls(GOOD, str(tmp_path / "absent")))
    assert "absent, the key of its tls, cannot be read: No such file" in notice
