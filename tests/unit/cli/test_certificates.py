"""Certificates that have ended, where a person looks."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.engine.certificate_maker import certificate, key_text, new_key

ENDED = "its certificate ended on 20"


@pytest.fixture
def ended(project):
    """The app's certificate has ended yesterday."""
    key = new_key()
    folder = project / "inventory"
    (folder / "shop.crt").write_text(certificate(key, datetime.now(UTC) - timedelta(days=1)))
    (folder / "shop.key").write_text(key_text(key))
    file = folder / "shop.stack.yml"
    serving = "  web:\n    uses: python_app\n"
    tls = "    tls: {certificate: shop.crt, key: shop.key}\n    environment"
    file.write_text(file.read_text().replace("  web:\n", serving).replace("    environment", tls))


def test_plan_tells_it(stackward, ended):
    ran = stackward("plan", columns=200)
    assert f"shop: App storefront: {ENDED}" in ran.out
    assert "renew it, then run stackward configure --layer lb" in ran.out
    assert ENDED in stackward("plan", "-o", "json").json["stacks"][0]["certificates"][0]


def test_status_tells_it(stackward, ended):
    assert ENDED in stackward("status", columns=200).out
    assert ENDED in stackward("status", "-o", "json").json["stacks"][0]["certificates"][0]


def test_validate_tells_it_and_takes_the_file(stackward, ended):
    ran = stackward("validate", "inventory/shop.stack.yml")
    assert ran.code == 0
    assert ran.err.startswith(f"inventory/shop.stack.yml: App storefront: {ENDED}")
    assert ENDED in stackward("validate", "-o", "json").json["files"][0]["certificates"][0]


def test_where_all_is_well_nothing_is_said(stackward):
    assert stackward("validate", "-o", "json").json["files"][0]["certificates"] == []
    assert stackward("plan", "-o", "json").json["stacks"][0]["certificates"] == []
