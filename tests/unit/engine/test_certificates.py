"""Certificates on the controller: files, encrypted files, texts and encrypted texts."""

import dataclasses

import pytest

from stackward.definition.model import Secret, Tls
from stackward.engine.certificates import certificates
from stackward.errors import StackwardError
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
