"""Metrics and alarms of Amazon CloudWatch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Any, Protocol

from stackward.errors import MetricsError
from stackward.metrics.alarm import Alarm, AlarmState
from stackward.metrics.sample import Sample, of_layer
from stackward.observe.metrics.base import Answer, Question

PERIOD = 60
"""Seconds that a value stands for."""

LOOKED_BACK = timedelta(minutes=10)
"""How old a value may be: CloudWatch has them some minutes late."""

_QUERIES_AT_ONCE = 500
_ALARMS_AT_ONCE = 100


class CloudWatch(Protocol):
    """The calls of boto3's client that are used."""

    def get_metric_data(self, **parameters: Any) -> Mapping[str, Any]:
        """GetMetricData."""
        ...

    def describe_alarms(self, **parameters: Any) -> Mapping[str, Any]:
        """DescribeAlarms."""
        ...


@dataclass(frozen=True, slots=True)
class CloudWatchMetric:
    """A metric as CloudWatch knows it; `of_each_instance` adds the dimension InstanceId for every instance."""

    namespace: str
    name: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    statistic: str = "Average"
    of_each_instance: bool = False


def client(region: str | None, endpoint: str | None) -> CloudWatch:
    """A client by the credentials of the environment. Raises MetricsError without boto3 or a region."""
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError:
        raise MetricsError(
            "A source of type cloudwatch needs boto3. Install it with: pip install 'stackward[cloudwatch]'"
        ) from None
    limits = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2, "mode": "standard"})
    try:
        made: CloudWatch = boto3.client("cloudwatch", region_name=region, endpoint_url=endpoint, config=limits)
    except (BotoCoreError, ValueError) as error:
        raise MetricsError(f"CloudWatch cannot be asked: {error}. Name the region in the stack file.") from error
    return made


@dataclass(frozen=True, slots=True)
class CloudWatchSource:
    """CloudWatch by a client."""

    client: CloudWatch
    name: str = "cloudwatch"
    metrics: Mapping[str, CloudWatchMetric] = field(default_factory=dict)

    def ask(self, question: Question) -> Answer:
        """See `Source`. Each value is at the time at which its period ends, the youngest of each."""
        from botocore.exceptions import BotoCoreError, ClientError

        queries = dict(self._queries(question))
        samples: list[Sample] = []
        alarms: dict[str, Alarm] = {}
        try:
            for part in _parts(list(queries), _QUERIES_AT_ONCE):
                samples += self._values({key: queries[key] for key in part}, question)
            for part in _parts(list(question.alarms), _ALARMS_AT_ONCE):
                alarms |= self._alarms(part)
        except (BotoCoreError, ClientError) as error:
            raise MetricsError(f"CloudWatch does not answer: {error}") from error
        missing = [name for name in question.alarms if name not in alarms]
        return Answer(tuple(samples), alarms, tuple(f"there is no alarm {name!r}" for name in missing))

    def _queries(self, question: Question) -> Iterator[tuple[str, tuple[str, str, dict[str, Any]]]]:
        """Yield an id of each query, with its metric, its subject, and the query itself."""
        number = 0
        for metric, asked in self.metrics.items():
            if asked.of_each_instance:
                subjects = [
                    (target.instance, {**asked.dimensions, "InstanceId": target.machine})
                    for target in question.targets
                    if target.machine is not None
                ]
            else:
                layers = [layer for layer, metrics in question.metrics.items() if metric in metrics]
                subjects = [(of_layer(layer), dict(asked.dimensions)) for layer in layers]
            for subject, dimensions in subjects:
                number += 1
                yield f"q{number}", (metric, subject, _query(f"q{number}", asked, dimensions))

    def _values(self, queries: Mapping[str, tuple[str, str, dict[str, Any]]], question: Question) -> Iterator[Sample]:
        parameters: dict[str, Any] = {
            "MetricDataQueries": [query for _metric, _subject, query in queries.values()],
            "StartTime": question.at - LOOKED_BACK,
            "EndTime": question.at,
            "ScanBy": "TimestampDescending",
        }
        seen: set[str] = set()
        while True:
            page = self.client.get_metric_data(**parameters)
            for result in page["MetricDataResults"]:
                if result["Values"] and result["Id"] not in seen:
                    seen.add(result["Id"])
                    metric, subject, _query = queries[result["Id"]]
                    begun, value = max(zip(result["Timestamps"], result["Values"], strict=True))
                    ended = begun.astimezone(UTC) + timedelta(seconds=PERIOD)
                    yield Sample(subject, metric, min(ended, question.at), float(value), self.name)
            if not page.get("NextToken"):
                return
            parameters["NextToken"] = page["NextToken"]

    def _alarms(self, names: Sequence[str]) -> dict[str, Alarm]:
        parameters = {"AlarmNames": list(names), "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
        page = self.client.describe_alarms(**parameters, MaxRecords=_ALARMS_AT_ONCE)
        return {
            item["AlarmName"]: Alarm(AlarmState(item["StateValue"]), item["StateUpdatedTimestamp"].astimezone(UTC))
            for item in (*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ()))
        }


def _query(number: str, asked: CloudWatchMetric, dimensions: Mapping[str, str]) -> dict[str, Any]:
    return {
        "Id": number,
        "MetricStat": {
            "Metric": {
                "Namespace": asked.namespace,
                "MetricName": asked.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
            },
            "Period": PERIOD,
            "Stat": asked.statistic,
        },
        "ReturnData": True,
    }


def _parts(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for begin in range(0, len(items), size):
        yield items[begin : begin + size]
