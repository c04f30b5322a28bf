"""Measurements that a Prometheus server has collected, by instant queries of its HTTP API."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from stackward.errors import MetricsError
from stackward.metrics.sample import Sample, of_layer
from stackward.observe.metrics.base import Answer, Question, Target

ANSWER_SECONDS = 10.0
"""How long one query may take."""

PORT = 9090
"""Where Prometheus answers unless its layer says otherwise."""

LARGEST = 16_000_000
"""The most bytes of an answer that are read."""

USUAL: Mapping[str, str] = {
    "cpu": '100 - 100 * avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[1m]))',
    "memory": "100 * (1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)",
    "load": 'node_load1 / on (instance) count by (instance) (node_cpu_seconds_total{mode="idle"})',
    "disk": "max by (instance) (100 * (1 - "
    'node_filesystem_avail_bytes{fstype!~"tmpfs|ramfs"} / node_filesystem_size_bytes{fstype!~"tmpfs|ramfs"}))',
}
"""What is asked of the metrics of node_exporter, unless the stack file has another query."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of the stack, on whose instances Prometheus answers at a port."""

    name: str
    port: int


@dataclass(frozen=True, slots=True)
class PrometheusSource:
    """A Prometheus server at an address, or on an online instance of a layer; `queries` are PromQL by metric.

    A series belongs to the instance whose name or address its label `instance` has, with or without a port. Series of
    anybody else are left out. A result without that label is of every layer that goes by the metric, as a whole.
    """

    place: str | Layer
    name: str = "prometheus"
    queries: Mapping[str, str] = field(default_factory=dict)

    def ask(self, question: Question) -> Answer:
        """See `Source`."""
        url = self._url(question)
        queries = {**USUAL, **self.queries}
        known = {place: target.instance for target in question.targets for place in _places(target)}
        layers: dict[str, list[str]] = {metric: [] for metric in queries}
        for layer, metrics in question.metrics.items():
            for metric in metrics:
                layers.get(metric, []).append(layer)
        samples: list[Sample] = []
        failures: list[str] = []
        with ThreadPoolExecutor(max_workers=8) as pool:
            answers = pool.map(lambda query: _asked(url, query, question.at.timestamp()), queries.values())
            for metric, (result, failure) in zip(queries, answers, strict=True):
                if failure:
                    failures.append(f"{metric}: {failure}")
                for subject, value in _subjects(result, known, layers[metric]):
                    samples.append(Sample(subject, metric, question.at, value, self.name))
        if len(failures) == len(queries):
            raise MetricsError(f"Prometheus at {url} says nothing: {failures[0]}.")
        return Answer(tuple(samples), failures=tuple(failures))

    def _url(self, question: Question) -> str:
        if isinstance(self.place, str):
            return self.place
        for target in question.targets:
            if self.place.name in target.layers:
                host = f"[{target.address}]" if ":" in target.address else target.address
                return f"http://{host}:{self.place.port}"
        raise MetricsError(f"No instance of the layer {self.place.name} is online, so there is no Prometheus to ask.")


@dataclass(frozen=True, slots=True)
class _One:
    """The value of one series, and its label `instance`, None without one."""

    label: str | None
    value: float


def _asked(url: str, query: str, at: float) -> tuple[Sequence[_One], str]:
    """Return the series of an instant query, or why there are none."""
    parameters = urllib.parse.urlencode({"query": query, "time": f"{at:.3f}", "timeout": f"{ANSWER_SECONDS:g}s"})
    address = f"{url.rstrip('/')}/api/v1/query?{parameters}"
    try:
        return _series(_said(address))
    except urllib.error.HTTPError as error:
        return (), f"HTTP {error.code} {error.reason}"
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        return (), str(getattr(reason, "strerror", None) or reason) or type(error).__name__


def _said(address: str) -> bytes:
    """Return what is answered; a refusal of the query says why, as a good answer does."""
    try:
        with urllib.request.urlopen(address, timeout=ANSWER_SECONDS) as answer:  # noqa: S310  the form takes http(s) only
            good: bytes = answer.read(LARGEST)
            return good
    except urllib.error.HTTPError as error:
        if error.code not in (400, 422):
            raise
        return error.read(LARGEST)


def _places(target: Target) -> Iterator[str]:
    yield target.instance
    yield target.address


def _series(text: bytes) -> tuple[Sequence[_One], str]:
    try:
        found = json.loads(text)
        if found["status"] != "success":
            return (), str(found.get("error") or found["status"])
        kind, result = found["data"]["resultType"], found["data"]["result"]
        if kind == "scalar":
            return (_One(None, float(result[1])),), ""
        if kind != "vector":
            return (), f"the query gives a {kind}; write one that gives one value a series"
        return tuple(_One(item["metric"].get("instance"), float(item["value"][1])) for item in result), ""
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        return (), "it does not answer as Prometheus does"


def _subjects(series: Sequence[_One], known: Mapping[str, str], layers: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Yield of whom each series is, and its value. Two series of one subject are added up by the query, not here."""
    seen: set[str] = set()
    for one in series:
        subjects = [of_layer(layer) for layer in layers] if one.label is None else [_instance(one.label, known)]
        for subject in subjects:
            if subject and subject not in seen:
                seen.add(subject)
                yield subject, one.value


def _instance(label: str, known: Mapping[str, str]) -> str:
    """Return the instance that a label means, "" for a stranger's."""
    host, colon, port = label.rpartition(":")
    bare = host.strip("[]") if colon and port.isdigit() else label
    return known.get(label) or known.get(bare) or ""
