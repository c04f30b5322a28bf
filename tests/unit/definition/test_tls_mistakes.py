"""An app's tls: what belongs together, and which files there must be."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackward.definition.model import Secret, Tls

from .conftest import Load, Problems

OLD = "    domains: [shop.example.com]\n"
VAULT = "!vault |\n        $ANSIBLE_VAULT;1.1;AES256\n        3132\n"


def with_tls(valid: str, tls: str) -> str:
    return valid.replace(OLD, f"{OLD}    tls: {tls}\n")


@pytest.mark.parametrize(
    ("tls", "mistakes"),
    [
        (
            "generated",
            ['is the string "generated"; write a mapping of keys and values, such as {certificate: generated}'],
        ),
        ("{}", []),
        ("{key: x}", []),
        ("{certificate: generated, redirect: maybe}", []),
        ("{certificate: generated, key: a.key}", ["does not belong to a generated certificate"]),
        ("{certificate: shop.crt}", ["the certificate has no key", "there is no file"]),
        ('{certificate: "a\\nb", key: shop.key}', ["is neither a path nor PEM text"]),
        ("{certificate: 5, key: shop.key}", ["is the number 5; write the path of a PEM file"]),
        ("{certificate: generated, chains: x}", ['unknown key; did you mean "chain"?']),
    ],
)
def test_a_wrong_tls_is_refused(valid: str, problems_of: Problems, tls: str, mistakes: list[str]) -> None:
    found = problems_of(with_tls(valid, tls))
    assert all("apps.storefront.tls" in problem for problem in found)
    for mistake in mistakes:
        assert any(mistake in problem for problem in found), found


def test_tls_without_anything_that_speaks_it_is_refused(valid: str, problems_of: Problems) -> None:
    text = valid.replace("uses: balancer\n    healthcheck: /healthz", "uses: server")
    assert problems_of(with_tls(text, "{certificate: generated}")) == [
        "25: apps.storefront.tls: nothing of this stack speaks HTTPS; add a layer with uses: haproxy, or take tls out"
    ]


def test_files_texts_and_vault_values_are_accepted(valid: str, load_stack: Load, project: Path) -> None:
    (project / "inventory" / "shop.crt").write_text("x")
    text = f"\n      certificate: shop.crt\n      chain: -----BEGIN CERTIFICATE-----\n      key: {VAULT}"
    tls = load_stack(with_tls(valid, text)).apps["storefront"].tls
    assert tls is not None
    assert tls.certificate == str(project / "inventory" / "shop.crt")
    assert tls.chain == "-----BEGIN CERTIFICATE-----"
    assert isinstance(tls.key, Secret)


def test_a_generated_certificate_has_no_parts(valid: str, load_stack: Load) -> None:
    text = with_tls(valid, "{certificate: generated, redirect: false}")
    assert load_stack(text).apps["storefront"].tls == Tls(redirect=False)


def test_a_key_is_not_shown() -> None:
    assert "hunter2" not in repr(Tls("/shop.crt", "hunter2"))
