"""Amazon CloudWatch, as moto answers for it."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta

import pytest
from moto import mock_aws

from stackward.definition.model import SourceChoice
from stackward.errors import MetricsError
from stackward.metrics.alarm import AlarmState
from stackward.observe.metrics.cloudwatch import CloudWatchMetric, CloudWatchSource, client
from stackward.observe.metrics.registry import load
from stackward.providers.ec2 import policy
from tests.contract.metrics.source_contract import NOW, QUESTION, SourceContract, Subject
from tests.stacks import small_stack

pytestmark = pytest.mark.aws

MINUTE = timedelta(minutes=1)
CPU = CloudWatchMetric("AWS/EC2", "CPUUtilization", of_each_instance=True)
QUEUE = CloudWatchMetric("AWS/SQS", "Visible", {"QueueName": "orders"}, "Maximum")


@pytest.fixture(autouse=True)
def amazon(monkeypatch):
    """An account of nobody's, empty."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.delenv("AWS_REGION", raising=False)
    with mock_aws() as mock:
        yield mock


def put(name, value, ago=2, **dimensions):
    data = {
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": its} for key, its in dimensions.items()],
        "Timestamp": NOW - ago * MINUTE,
        "Value": value,
    }
    namespace = "AWS/EC2" if "InstanceId" in dimensions else "AWS/SQS"
    client("eu-west-1", None).put_metric_data(Namespace=namespace, MetricData=[data])


def put_alarm(name, state):
    cloudwatch = client("eu-west-1", None)
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        MetricName="Latency",
        Namespace="Shop",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
        Statistic="Average",
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state.value, StateReason="test")


def source(**metrics):
    return CloudWatchSource(client("eu-west-1", None), metrics=metrics)


class TestCloudWatch(SourceContract):
    @pytest.fixture
    def subject(self, amazon):
        def show(values):
            amazon.stop()
            amazon.start()
            for name, value in values.items():
                put("CPUUtilization", value, InstanceId=f"i-{name}")

        def alarms(states):
            for name, state in states.items():
                put_alarm(name, state)

        nowhere = CloudWatchSource(client("eu-west-1", "http://127.0.0.1:1"), metrics={"cpu": CPU})
        return Subject(source(cpu=CPU), "cpu", show, alarms, nowhere)


def test_a_metric_of_no_instance_is_of_the_layers_that_go_by_it():
    put("Visible", 12.0, QueueName="orders")
    put("Visible", 99.0, QueueName="others")
    found = source(queue=QUEUE).ask(QUESTION).samples
    assert [(sample.subject, sample.metric, sample.value) for sample in found] == [("layer_web", "queue", 12.0)]


def test_the_policy_of_the_documents_allows_what_it_asks_and_nothing_else():
    asked = set()
    made = source(queue=QUEUE)
    made.client.meta.events.register("before-call", lambda model, **_: asked.add(f"cloudwatch:{model.name}"))
    made.ask(QUESTION)
    assert asked == set(policy.ACTIONS["ReadMeasurements"])


def test_the_youngest_value_counts_and_one_of_long_ago_does_not():
    put("Visible", 1.0, ago=9, QueueName="orders")
    put("Visible", 5.0, ago=3, QueueName="orders")
    put("Visible", 2.0, ago=6, QueueName="orders")
    [sample] = source(queue=QUEUE).ask(QUESTION).samples
    assert sample.value == 5.0
    assert NOW - 3 * MINUTE <= sample.at <= NOW - MINUTE
    assert source(queue=QUEUE).ask(replace(QUESTION, at=NOW + 20 * MINUTE)).samples == ()


def test_an_alarm_without_enough_data_is_told_as_such_and_a_missing_one_is_named():
    put_alarm("slow", AlarmState.INSUFFICIENT_DATA)
    answer = source().ask(QUESTION)
    assert answer.alarms["slow"].state is AlarmState.INSUFFICIENT_DATA
    assert answer.failures == ("there is no alarm 'broken'",)


def test_a_region_that_is_not_named_anywhere_is_asked_for():
    with pytest.raises(MetricsError, match="Name the region in the stack file"):
        client(None, None)


def test_without_boto3_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(MetricsError, match=r"pip install 'stackward\[cloudwatch\]'"):
        client("eu-west-1", None)


def test_the_stack_files_options_are_taken():
    put("Visible", 12.0, QueueName="orders")
    options = {
        "region": "eu-west-1",
        "metrics": {
            "queue": {"namespace": "AWS/SQS", "name": "Visible", "dimensions": {"QueueName": "orders"}},
        },
    }
    made = load(SourceChoice("amazon", "cloudwatch", options=options), stack=small_stack())
    [sample] = made.ask(QUESTION).samples
    assert (sample.value, sample.source) == (12.0, "amazon")
