"""Layers that have a machine's one service for themselves, two of them on an instance."""

from __future__ import annotations

import pytest

from stackward.definition.loader import load_text
from stackward.errors import DefinitionError
from stackward.layers import BUILT_IN

FILE = """\
plugin: stackward.ops.stack
name: shop
provider: {{type: container}}
layers:
  first: {{uses: {uses}, {first}}}
  second: {{uses: {other}, {second}}}
instances:
  one: {{layers: [{layers}]}}
  two: {{layers: [second]}}
  three: {{layers: [first]}}
"""
SETTINGS = {"postgresql": ("", ""), "mysql": ("", "")}
BY_APP = {"python_app", "node_app", "java_app"}


def text(uses: str, other: str | None = None, layers: str = "first, second") -> str:
    first, second = SETTINGS.get(uses, ("port: 7001", "port: 7002"))
    return FILE.format(uses=uses, other=other or uses, first=first, second=second, layers=layers)


def load(text: str) -> None:
    load_text(text, "/shop.stack.yml", environment={})


@pytest.mark.parametrize("uses", sorted(BUILT_IN.keys() - BY_APP))
def test_two_layers_that_would_overwrite_each_others_configuration_are_refused(uses: str) -> None:
    with pytest.raises(DefinitionError) as refusal:
        load(text(uses))
    assert refusal.value.problems == (
        f'/shop.stack.yml:8: instances.one.layers[1]: the layers "first" and "second" both use {uses}, which is there '
        "once on a machine: each would overwrite what the other one says; give an instance one of them",
    )


@pytest.mark.parametrize("uses", sorted(BY_APP))
def test_layers_that_have_a_service_for_each_app_may_be_together(uses: str) -> None:
    load(text(uses))


def test_layers_of_one_kind_may_be_on_instances_of_their_own() -> None:
    load(text("redis", layers="first"))


def test_php_and_static_sites_share_a_web_server() -> None:
    load(text("static_web", "php_app"))
