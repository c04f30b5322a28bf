"""`stackward metrics`, and `why` of a layer that scales by load."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from stackward.cli.metrics_data import Point, Series
from stackward.cli.metrics_table import course
from stackward.engine import scaling
from stackward.metrics.alarm import Alarm, AlarmState
from stackward.metrics.sample import Sample
from stackward.state.store import open_store

FILE = """\
plugin: stackward.ops.stack
name: busy
provider: {type: container}
layers:
  web: {scaling: {load: {up: {cpu: 80, for: 2m}, min: 1, max: 3}}}
instances:
  web1: {layers: [web]}
  "web[2:3]": {layers: [web], type: load}
"""


@pytest.fixture
def busy(project, stackward):
    for file in (project / "inventory").iterdir():
        file.unlink()
    (project / "inventory" / "busy.stack.yml").write_text(FILE)
    with open_store(f"sqlite:///{project}/var/busy/state.db") as store:
        yield store


NOW = datetime.now(UTC)


def minutes_ago(count):
    return datetime.now(UTC) - timedelta(minutes=count)


def measure(store, *samples):
    with store.transaction("busy") as write:
        write.measure(samples, datetime.now(UTC))


def cpu(value, ago, subject="web1"):
    return Sample(subject, "cpu", minutes_ago(ago), value, "ssh")


def test_each_metric_of_each_instance_is_a_row_with_its_course(stackward, busy):
    measure(busy, cpu(10.0, 50), cpu(90.0, 5), cpu(50.0, 5, "web2"), Sample("web1", "load", minutes_ago(5), 1.5, "ssh"))
    out = stackward("metrics").out
    [row] = [line.split() for line in out.splitlines() if line.startswith("web1  cpu")]
    assert row[2:7] == ["90", "50", "10", "90", "5m"]
    assert "web2" in out
    assert "never asked" in out
    assert "web2" not in stackward("metrics", "web1").out
    assert "load" not in stackward("metrics", "web1", "--metric", "cpu").out


def test_a_layer_means_its_instances_and_what_is_measured_of_the_whole(stackward, busy):
    measure(busy, cpu(10.0, 5), Sample("layer_web", "queue", minutes_ago(5), 7.0, "amazon"))
    out = stackward("metrics", "web").out
    assert "layer_web  queue" in out
    assert "web1       cpu" in out


def test_json_has_every_value_and_null_where_there_was_none(stackward, busy):
    measure(busy, cpu(10.0, 5), cpu(math.nan, 4))
    with busy.transaction("busy") as write:
        write.note_alarms({"slow": Alarm(AlarmState.ALARM, minutes_ago(3))}, "amazon", NOW)
        write.begin_collection("ssh", timedelta(minutes=1), NOW)
        write.end_collection("ssh", "web3: no answer")
    found = stackward("metrics", "--output", "json").json
    assert [point["value"] for point in found["series"][0]["points"]] == [10.0, None]
    assert found["sources"][0]["failure"] == "web3: no answer"
    assert found["alarms"][0]["state"] == "ALARM"


def test_what_is_older_than_asked_for_is_left_out(stackward, busy):
    measure(busy, cpu(10.0, 90))
    assert "Nothing was measured" in stackward("metrics").out
    assert "No queue and no cpu was measured" in stackward("metrics", "--metric", "queue", "--metric", "cpu").out
    assert "web1" in stackward("metrics", "--last", "2h").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--last", "soon"), "--last soon"),
        (("--picture", "x.gif"), "is neither .svg, .png nor .pdf"),
    ],
)
def test_what_cannot_be_is_refused(stackward, busy, arguments, said):
    ran = stackward("metrics", *arguments)
    assert (ran.code, said in ran.err) == (2, True)


def test_a_name_that_there_is_not_is_refused(stackward, busy):
    ran = stackward("metrics", "wbe1")
    assert (ran.code, "There is no instance or layer 'wbe1'" in ran.err) == (1, True)


def test_a_picture_is_drawn(stackward, busy, project):
    pytest.importorskip("matplotlib")
    measure(busy, cpu(10.0, 50), cpu(math.nan, 30), cpu(90.0, 5))
    stackward("metrics", "--picture", str(project / "course.svg"))
    assert "<svg" in (project / "course.svg").read_text()


def test_a_stack_that_has_never_run_has_measured_nothing(stackward, busy, project):
    (project / "var" / "busy" / "state.db").unlink()
    assert "Nothing was measured" in stackward("metrics").out


def test_a_course_has_gaps_and_bars():
    noon = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    since = noon - timedelta(minutes=60)
    points = (Point(since, 0.0, ""), Point(noon - timedelta(minutes=30), 100.0, ""), Point(noon, None, ""))
    shown = course(Series("web1", "cpu", points), since, noon)
    assert (shown[0], shown[12], shown[-1], len(shown)) == ("▁", "█", " ", 24)


def test_why_of_a_layer_says_what_load_wants_and_what_holds_it_back(stackward, busy):
    out = stackward("why", "web").out
    assert "Nobody has looked at the load of this layer yet" in out
    assert "web now: would start web2" in out
    assert "0 of at least 1" in out
    assert "cpu is not known" in out
    assert "to add: cpu > 80 for 2m" in out


def test_why_of_a_layer_has_what_was_done_before(stackward, busy):
    from stackward.definition.loader import load

    stack = load("inventory/busy.stack.yml", environment={})
    scaling.request_scaling(busy, stack, actor="scale", now=NOW)
    out = stackward("why", "web").out
    assert "start web2: 0 of at least 1" in out
    found = stackward("why", "web", "--output", "json").json
    assert found["before"][0]["starts"] == ["web2"]
    assert found["now"]["minimum"] == 1


def test_status_and_plan_say_it_too(stackward, busy):
    assert "load: cpu not known; 1 to 3 — 0 of at least 1" in " ".join(stackward("status").out.split())
    status = stackward("status", "--output", "json").json
    turns = {item["name"]: item["turn"] for item in status["stacks"][0]["instances"]}
    assert turns["web3"] == {"whose": "nobody", "text": "nobody: it starts when load wants it"}
    assert turns["web2"]["text"] == "start by scale — load of web: 0 of at least 1"
    assert status["stacks"][0]["layers"][0]["load"]["reason"] == "0 of at least 1"
    assert "busy: web: load: 0 of at least 1: start web2" in stackward("plan").out
    assert stackward("plan", "--output", "json").json["stacks"][0]["load"]["web"]["maximum"] == 3


def test_what_was_measured_can_be_simulated(stackward, busy):
    file = "inventory/busy.stack.yml"
    ran = stackward("simulate", file, "--metrics", "recorded")
    assert (ran.code, "no CPU of its instances was measured" in ran.err) == (1, True)
    measure(busy, *(cpu(95.0, ago) for ago in range(60)))
    out = stackward("simulate", file, "--metrics", "recorded", "--days", "1").out
    assert "busy/web: 3 instances, busy/web as measured" in out
