"""What an instance's Setup and Deploy will need is opened before it gets a machine, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackward.definition.model import Instance, Layer, Secret, Tls
from stackward.engine import opening
from stackward.errors import StackwardError
from tests.stacks import small_stack

INSTANCES = {"lb1": ("lb",), "web1": ("web",), "store1": ("store",), "other1": ("other",)}


def stack():
    made = small_stack()
    layers = {
        "lb": Layer("lb", "haproxy", {"statistics": {"user": "ops", "password": Secret("statistics")}}),
        "web": Layer("web"),
        "store": Layer("store", "redis", {"password": Secret("store")}),
        "other": Layer("other", None, {}),
    }
    app = replace(
        made.apps["storefront"],
        database=None,
        environment={"KEY": Secret("environment"), "COLOUR": "red"},
        tls=Tls(Secret("certificate"), Secret("key")),
    )
    return replace(
        made,
        layers=layers,
        instances={name: Instance(name, its) for name, its in INSTANCES.items()},
        apps={"storefront": app},
    )


def opened(*names):
    found = []

    def decrypt(text):
        found.append(text)
        return "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"

    opening.check(stack(), names, decrypt)
    return found


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("lb1", ["statistics", "store", "certificate", "key"]),
        ("web1", ["store", "environment"]),
        ("store1", ["store"]),
        ("other1", ["store"]),
    ],
)
def test_all_that_an_instance_needs_is_opened(name, needed):
    assert opened(name) == needed


def test_what_several_need_is_opened_once():
    assert opened("web1", "store1", "other1") == ["store", "environment"]


def test_for_nobody_nothing_is_opened():
    assert opened() == []


@pytest.mark.parametrize(
    ("name", "shut", "place"),
    [
        ("lb1", "statistics", "layer lb, statistics password: shut"),
        ("web1", "environment", "app storefront, environment KEY: shut"),
        ("other1", "store", "layer store, password: shut"),
    ],
)
def test_what_stays_shut_is_named_by_its_place(name, shut, place):
    def decrypt(text):
        if text == shut:
            raise StackwardError("shut")
        return ""

    with pytest.raises(StackwardError) as refusal:
        opening.check(stack(), [name], decrypt)
    assert str(refusal.value) == place
