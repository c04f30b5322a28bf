"""The time of certificates, whose key one is, and for which hosts it is."""

from datetime import UTC, datetime, timedelta

import pytest

from stackward.engine.certificate_checks import names_of, out_of_time, strangers, uncovered
from tests.unit.engine.certificate_maker import certificate, key_text, new_key

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
KEY = new_key()


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(days=-3), "it ended on 2026-11-24 12:00 UTC, and browsers refuse it"),
        (timedelta(0), "it ended on 2026-11-27 12:00 UTC, and browsers refuse it"),
        (timedelta(hours=1), "it ends in less than a day, on 2026-11-27 13:00 UTC"),
        (timedelta(hours=30), "it ends in 1 day, on 2026-11-28 18:00 UTC"),
        (timedelta(days=14), "it ends in 14 days, on 2026-12-11 12:00 UTC"),
    ],
)
def test_a_certificate_that_has_ended_or_ends_soon_is_named(left, said):
    assert out_of_time(certificate(KEY, NOW + left), NOW, "it") == (said,)


def test_one_that_lasts_is_not_named():
    assert out_of_time(certificate(KEY, NOW + timedelta(days=14, seconds=1)), NOW, "it") == ()


def test_one_that_begins_later_is_named():
    later = certificate(KEY, NOW + timedelta(days=90), begins=NOW + timedelta(days=1))
    assert out_of_time(later, NOW, "it") == (
        "it is valid from 2026-11-28 12:00 UTC on, and browsers refuse it until then",
    )


def test_each_certificate_of_a_chain_counts():
    chain = certificate(KEY, NOW + timedelta(days=90)) + certificate(KEY, NOW - timedelta(days=1))
    assert len(out_of_time(chain, NOW, "one of the chain")) == 1


def test_what_is_no_certificate_has_no_time():
    assert out_of_time("-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----", NOW, "it") == ()


def test_a_key_of_another_certificate_is_a_stranger():
    its = certificate(KEY, NOW + timedelta(days=90))
    assert not strangers(its, key_text(KEY))
    assert strangers(its, key_text(new_key()))


@pytest.mark.parametrize("key", ["-----BEGIN PRIVATE KEY-----\nMII\n", "", key_text(new_key(), b"phrase")])
def test_of_a_key_that_cannot_be_read_nothing_is_said(key):
    assert not strangers(certificate(KEY, NOW), key)
    assert not strangers("-----BEGIN CERTIFICATE-----\nMII\n", key_text(KEY))


@pytest.mark.parametrize(
    ("names", "domain", "covered"),
    [
        (["shop.example.com"], "shop.example.com", True),
        (["Shop.Example.com"], "shop.example.com", True),
        (["www.example.com", "shop.example.com"], "shop.example.com", True),
        (["*.example.com"], "shop.example.com", True),
        (["*.example.com"], "example.com", False),
        (["*.example.com"], "www.shop.example.com", False),
        (["*.com"], "shop.example.com", False),
        (["example.com"], "shop.example.com", False),
        (["192.0.2.10"], "192.0.2.10", True),
        (["192.0.2.11"], "192.0.2.10", False),
        ([], "shop.example.com", False),
    ],
)
def test_a_domain_is_covered_by_its_name_or_by_a_star_for_its_first_part(names, domain, covered):
    found = names_of(certificate(KEY, NOW, names=names))
    assert uncovered([domain], found) == (() if covered else (domain,))


def test_only_the_first_certificate_of_a_text_says_for_whom_it_is():
    assert names_of(certificate(KEY, NOW, names=["a.example"]) + certificate(KEY, NOW, names=["b.example"])) == (
        "a.example",
    )
    assert names_of("-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----") is None
