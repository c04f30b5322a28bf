"""Prometheus, as its HTTP API answers; a real one is asked in the end-to-end tests."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from stackward.errors import MetricsError
from stackward.observe.metrics.base import Target
from stackward.observe.metrics.prometheus import Layer, PrometheusSource
from tests.contract.metrics.source_contract import NOW, QUESTION, SourceContract, Subject
from tests.unit.observe.test_network import answering


class Server:
    """A server that answers instant queries by what it was told of each query."""

    def __init__(self):
        answers: dict[str, tuple[int, object]] = {}
        self.answers, self.asked = answers, []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                query = parse_qs(urlsplit(self.path).query)
                asked.append(query)
                code, body = answers.get(query["query"][0], (200, vector()))
                text = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(code)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self):
        return self.server.server_address[1]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"


def vector(*series):
    result = [{"metric": labels, "value": [NOW.timestamp(), str(value)]} for labels, value in series]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


@pytest.fixture
def server():
    made = Server()
    yield made
    made.server.shutdown()
    made.server.server_close()


class TestPrometheus(SourceContract):
    @pytest.fixture
    def subject(self, server):
        def show(values):
            server.answers["rate(x)"] = (200, vector(*(({"instance": name}, value) for name, value in values.items())))

        source = PrometheusSource(server.url, queries={"requests": "rate(x)"})
        return Subject(source, "requests", show, unreachable=PrometheusSource("http://127.0.0.1:1"))


def ask(server, answer, **changes):
    server.answers["x"] = answer
    source = PrometheusSource(server.url, queries={"queue": "x"})
    found = source.ask(replace(QUESTION, **changes))
    return {sample.subject: sample.value for sample in found.samples if sample.metric == "queue"}, found.failures


@pytest.mark.parametrize("label", ["web1", "web1:9100", "192.0.2.1", "192.0.2.1:9100"])
def test_a_series_belongs_to_the_instance_of_its_label_by_name_or_address(server, label):
    assert ask(server, (200, vector(({"instance": label}, 3)))) == ({"web1": 3.0}, ())


def test_an_address_of_version_6_is_known_with_its_brackets(server):
    targets = (Target("web1", ("web",), "2001:db8::1"),)
    assert ask(server, (200, vector(({"instance": "[2001:db8::1]:9100"}, 3))), targets=targets) == ({"web1": 3.0}, ())


def test_series_of_strangers_are_left_out(server):
    assert ask(server, (200, vector(({"instance": "elsewhere:9100"}, 3)))) == ({}, ())


def test_a_result_without_that_label_is_of_the_layers_that_go_by_the_metric(server):
    assert ask(server, (200, vector(({}, 7)))) == ({"layer_web": 7.0}, ())
    assert ask(server, (200, vector(({}, 7))), metrics={"web": (), "db": ("queue",)}) == ({"layer_db": 7.0}, ())
    scalar = {"status": "success", "data": {"resultType": "scalar", "result": [1, "8"]}}
    assert ask(server, (200, scalar)) == ({"layer_web": 8.0}, ())


def test_a_query_that_is_wrong_is_named_with_what_prometheus_says(server):
    wrong = {"status": "error", "errorType": "bad_data", "error": "parse error: unexpected end"}
    assert ask(server, (400, wrong)) == ({}, ("queue: parse error: unexpected end",))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((503, b"later"), "queue: HTTP 503 Service Unavailable"),
        ((200, b"<html>"), "queue: it does not answer as Prometheus does"),
        ((200, {"status": "success"}), "queue: it does not answer as Prometheus does"),
        (
            (200, {"status": "success", "data": {"resultType": "matrix", "result": []}}),
            "queue: the query gives a matrix; write one that gives one value a series",
        ),
    ],
)
def test_another_answer_is_named(server, answer, said):
    assert ask(server, answer) == ({}, (said,))


def test_it_is_asked_about_the_moment_that_is_meant(server):
    ask(server, (200, vector()))
    assert {query["time"][0] for query in server.asked} == {f"{NOW.timestamp():.3f}"}


def test_one_in_a_layer_is_asked_on_an_online_instance_of_it(server):
    server.answers["x"] = (200, vector(({"instance": "web1"}, 3)))
    source = PrometheusSource(Layer("monitoring", server.port), queries={"queue": "x"})
    targets = (*QUESTION.targets, Target("monitor1", ("monitoring",), "127.0.0.1"))
    assert any(sample.value == 3.0 for sample in source.ask(replace(QUESTION, targets=targets)).samples)
    with pytest.raises(MetricsError, match="No instance of the layer monitoring is online"):
        source.ask(QUESTION)


BROKEN = {
    "no value": vector()["data"] | {"result": [{"metric": {"instance": "web1"}, "histogram": [0, {}]}]},
    "a value that is none": vector()["data"] | {"result": [{"metric": {"instance": "web1"}, "value": [0, "x"]}]},
    "no labels": vector()["data"] | {"result": [{"metric": None, "value": [0, "1"]}]},
    "no series": vector()["data"] | {"result": [7]},
    "no list": vector()["data"] | {"result": {"a": 1}},
    "nothing": vector()["data"] | {"result": None},
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_what_no_prometheus_says_is_told_and_the_other_queries_count(server, data):
    server.answers["odd"] = (200, {"status": "success", "data": data})
    server.answers["rate(x)"] = (200, vector(({"instance": "web1"}, 7)))
    answer = PrometheusSource(server.url, queries={"odd": "odd", "requests": "rate(x)"}).ask(QUESTION)
    assert "odd: it does not answer as Prometheus does" in answer.failures
    assert [item.value for item in answer.samples if item.metric == "requests"] == [7.0]


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"not http\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
        b"HTTP/1.1 500 Oh\r\nContent-Length: 500\r\n\r\n{",
        b"HTTP/1.1 422 Oh\r\nContent-Length: 500\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 100_000,
        b"HTTP/1.1 200 " + b"x" * 100_000,
    ],
    ids=["nothing", "no HTTP", "cut short", "an error cut short", "a refusal cut short", "too deep", "endless line"],
)
def test_whatever_answers_at_its_address_it_is_a_metrics_error(said):
    with answering(said) as port, pytest.raises(MetricsError, match="says nothing"):
        PrometheusSource(f"http://127.0.0.1:{port}").ask(QUESTION)
