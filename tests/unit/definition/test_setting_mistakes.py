"""Settings of Stackward's own layers that a service would not take, or that would do nothing."""

from __future__ import annotations

import pytest

from stackward.definition.loader import load_text
from stackward.errors import DefinitionError

FILE = """\
plugin: stackward.ops.stack
name: shop
provider: {{type: container}}
layers:
  this: {{{layer}}}
  other: {{}}
  site: {{uses: static_web, port: 8080}}
instances:
  one: {{layers: [this]}}
  two: {{layers: [other, site]}}
apps:
  brochure: {{layers: [site], source: {{type: directory, path: /srv}}}}
"""
ONE_LINE = "is not one line of printable characters; write a {} without line breaks and tabs"


def load(layer: str) -> None:
    load_text(FILE.format(layer=layer), "/shop.stack.yml", environment={})


def problems(layer: str) -> list[str]:
    with pytest.raises(DefinitionError) as refusal:
        load(layer)
    return [problem.removeprefix("/shop.stack.yml:") for problem in refusal.value.problems]


@pytest.mark.parametrize(
    ("layer", "place", "said"),
    [
        (r'uses: redis, password: "a\nb"', "password", ONE_LINE.format("password")),
        (r'uses: redis, password: "a\x7fb"', "password", ONE_LINE.format("password")),
        (
            'uses: redis, password: ""',
            "password",
            "is an empty password, with which everybody would be let in; write a password, or leave it out",
        ),
        (
            r'uses: haproxy, statistics: {user: anna, password: "a\tb"}',
            "statistics.password",
            ONE_LINE.format("password"),
        ),
        (
            r'uses: mysql, parameters: {sql_mode: "ANSI\nport=1"}',
            "parameters.sql_mode",
            ONE_LINE.format("value"),
        ),
        (
            r'uses: postgresql, parameters: {search_path: "a\nb"}',
            "parameters.search_path",
            ONE_LINE.format("value"),
        ),
        (
            r"""uses: php_app, ini: {memory_limit: '1"2'}""",
            "ini.memory_limit",
            "is not one line of printable characters without quotation marks; write a value without line breaks, "
            "tabs and quotation marks",
        ),
    ],
)
def test_what_would_end_a_line_of_a_configuration_is_refused(layer: str, place: str, said: str) -> None:
    assert problems(layer) == [f"5: layers.this.{place}: {said}"]


@pytest.mark.parametrize(
    "layer",
    [
        r"""uses: redis, password: 'it''s "quoted" \ and # {more} ü'""",
        r"""uses: haproxy, statistics: {user: anna, password: 'it''s "quoted" $HOME \ and # more'}""",
        "uses: postgresql, parameters: {random_page_cost: 1.1, ssl: false, search_path: ''}",
    ],
)
def test_other_texts_are_taken_as_they_are(layer: str) -> None:
    load(layer)


@pytest.mark.parametrize(
    ("layer", "place", "said"),
    [
        *(
            (
                f"uses: {uses}, ports: {{broshure: 9000}}",
                "ports.broshure",
                'there is no app "broshure"; did you mean "brochure"?',
            )
            for uses in ("python_app", "node_app", "php_app", "java_app")
        ),
        (
            "uses: node_app, ports: {brochure: 9000}",
            "ports.brochure",
            'the app "brochure" does not run on this layer; add the layer this to those of the app, or remove its port',
        ),
        (
            "uses: monitoring, jobs: {app: {layer: sight, port: 9000}}",
            "jobs.app.layer",
            'there is no layer "sight"; did you mean "site"?',
        ),
    ],
)
def test_what_is_named_in_vain_is_refused(layer: str, place: str, said: str) -> None:
    assert problems(layer) == [f"5: layers.this.{place}: {said}"]


def test_a_layer_that_is_named_rightly_is_taken() -> None:
    load("uses: monitoring, jobs: {app: {layer: site, port: 9000}}")


BESIDE = "  other: {{layers: [site], source: {{type: directory, path: /srv}}{domains}}}\n"


@pytest.mark.parametrize("domains", ["", ", domains: []"])
def test_a_second_site_without_a_domain_is_refused_as_nobody_could_reach_it(domains: str) -> None:
    text = FILE.format(layer="") + BESIDE.format(domains=domains).replace("other", "leaflet")
    with pytest.raises(DefinitionError) as refusal:
        load_text(text, "/shop.stack.yml", environment={})
    assert refusal.value.problems == (
        '/shop.stack.yml:13: apps.leaflet: has no domain, and on the layer "site" the app "brochure" answers for other '
        "names; write domains: [leaflet.example.com]",
    )


def test_a_second_site_with_a_domain_is_taken() -> None:
    text = FILE.format(layer="") + BESIDE.format(domains=", domains: [a.example.com]").replace("other", "leaflet")
    load_text(text, "/shop.stack.yml", environment={})


@pytest.mark.parametrize(
    ("layer", "place", "said"),
    [
        ("uses: python_app, shared: [a, b, a]", ".shared", 'has "a" twice; name each folder once'),
        (
            "uses: php_app, shared: [a/b, ab, a]",
            ".shared",
            '"a/b" is inside "a", which is shared as a whole; leave it out',
        ),
        (
            "uses: node_app, shared: [node_modules/cache]",
            "",
            "node_modules is shared, where npm installs what a release needs; leave it out, or write npm: false",
        ),
        (
            "uses: java_app, artifact: shop.war, arguments: --verbose",
            "",
            'has arguments, and Tomcat, which runs the artifact "shop.war", hands none on; remove arguments, or name '
            "a .jar",
        ),
        (
            "uses: redis, eviction: allkeys-lru",
            "",
            "eviction is allkeys-lru, and without memory nothing is ever full; write memory too, such as 256mb",
        ),
        *(
            (
                f"uses: {uses}, parameters: {{{name}: 1}}",
                f".parameters.{name}",
                f"{name} is where the layer and its apps look for the server; leave it out",
            )
            for uses, name in (
                ("mysql", "port"),
                ("mysql", "datadir"),
                ("postgresql", "port"),
                ("postgresql", "hba_file"),
            )
        ),
    ],
)
def test_settings_that_contradict_each_other_or_their_layer_are_refused(layer: str, place: str, said: str) -> None:
    assert problems(layer) == [f"5: layers.this{place}: {said}"]


@pytest.mark.parametrize(
    "layer",
    [
        "uses: node_app, shared: [uploads/images, uploads/films], npm: true",
        "uses: node_app, shared: [node_modules], npm: false",
        "uses: java_app, arguments: --verbose, artifact: shop.jar",
        "uses: redis, eviction: noeviction",
        "uses: redis, eviction: allkeys-lru, memory: 64mb",
    ],
)
def test_settings_that_fit_each_other_are_taken(layer: str) -> None:
    load(layer)


def beside(app: str, layer: str) -> str:
    return FILE.format(layer=layer) + f"  api: {{layers: [this], source: {{type: directory, path: /srv}}, {app}}}\n"


@pytest.mark.parametrize(("uses", "name"), [("node_app", "PORT"), ("java_app", "SERVER_PORT")])
def test_a_variable_that_the_layer_sets_is_refused_as_the_app_would_listen_elsewhere(uses: str, name: str) -> None:
    with pytest.raises(DefinitionError) as refusal:
        load_text(beside(f"environment: {{{name}: 1}}", f"uses: {uses}"), "/shop.stack.yml", environment={})
    assert refusal.value.problems == (
        f'/shop.stack.yml:13: apps.api.environment.{name}: the layer "this" ({uses}) sets {name} itself; remove it; '
        "the layer's port and ports say where an app listens",
    )


def test_the_same_variable_is_taken_where_no_layer_sets_it() -> None:
    load_text(beside("environment: {PORT: 1}", "uses: python_app"), "/shop.stack.yml", environment={})


@pytest.mark.parametrize("given", ["", ", url: null", ", url: null, layer: null"])
def test_a_prometheus_that_nobody_could_ask_is_refused(given: str) -> None:
    text = FILE.format(layer="") + f"metrics:\n  ours: {{type: prometheus{given}}}\n"
    with pytest.raises(DefinitionError) as refusal:
        load_text(text, "/shop.stack.yml", environment={})
    assert refusal.value.problems == (
        "/shop.stack.yml:14: metrics.ours: needs a url or a layer; write one of them: where Prometheus answers",
    )
