"""Ports of an instance that two parts of the file want."""

from __future__ import annotations

import pytest

from stackward.definition.loader import load_text
from stackward.errors import DefinitionError

FILE = """\
plugin: stackward.ops.stack
name: shop
provider: {{type: container}}
layers:
  lb: {{uses: haproxy{lb}}}
  web: {{uses: node_app{web}}}
  api: {{uses: php_app{api}}}
  site: {{uses: static_web, port: 8080}}
  cache: {{uses: redis}}
instances:
  one: {{layers: [lb, web, cache]}}
  two: {{layers: [web, api, site]}}
apps:
  shop: {{layers: [web, api], source: {{type: directory, path: /srv}}{shop}}}
  blog: {{layers: [web], source: {{type: directory, path: /srv}}}}
  admin: {{layers: [api], source: {{type: directory, path: /srv}}}}
"""
WEB, API, BALANCER = "the app {} of layer web", "the app {} of layer api", "the load balancer of layer lb"


def problems(**settings: str) -> list[str]:
    text = FILE.format(**{"lb": "", "web": "", "api": "", "shop": "", **settings})
    with pytest.raises(DefinitionError) as refusal:
        load_text(text, "/shop.stack.yml", environment={})
    return [problem.removeprefix("/shop.stack.yml:") for problem in refusal.value.problems]


def said(place: str, who: str, port: int, instance: str, owner: str) -> str:
    return f"{place}: {who} would listen on port {port} of {instance}, as {owner} does; give each a port of its own"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {"web": ", ports: {blog: 8000}"},
            said("6: layers.web.ports.blog", WEB.format("blog"), 8000, "one", WEB.format("shop")),
        ),
        ({"web": ", port: 80"}, said("6: layers.web.port", WEB.format("shop"), 80, "one", BALANCER)),
        (
            {"api": ", port: 7999"},
            said("7: layers.api.port", API.format("admin"), 8001, "two", WEB.format("blog")),
        ),
        ({"web": ", ports: {blog: 6379}"}, said("9: layers.cache", "layer cache", 6379, "one", WEB.format("blog"))),
        (
            {"lb": ", statistics: {port: 80}"},
            said("5: layers.lb.statistics", "the statistics of layer lb", 80, "one", BALANCER),
        ),
        (
            {"lb": ", port: 443", "shop": ", tls: {certificate: generated}"},
            said("5: layers.lb.https_port", f"{BALANCER} for HTTPS", 443, "one", BALANCER),
        ),
    ],
)
def test_a_port_that_is_wanted_twice_is_refused_where_it_is_said(settings: dict[str, str], expected: str) -> None:
    (found,) = problems(**settings)
    assert found.replace("layers.cache.port", "layers.cache") == expected


@pytest.mark.parametrize(
    "settings",
    [{}, {"lb": ", port: 443"}, {"api": ", port: 8000, ports: {shop: 8000}"}, {"lb": ", port: 8080"}],
    ids=["defaults", "no HTTPS", "an app that another layer runs there", "another instance"],
)
def test_other_ports_are_nobody_elses(settings: dict[str, str]) -> None:
    load_text(
        FILE.format(**{"lb": "", "web": "", "api": "", "shop": "", **settings}), "/shop.stack.yml", environment={}
    )
