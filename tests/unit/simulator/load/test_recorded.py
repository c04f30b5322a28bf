from datetime import UTC, datetime, timedelta

import pytest

from stackward.metrics.sample import Sample
from stackward.simulator.load.recorded import RecordingError, measured, recorded


def lines(text):
    return text.strip().splitlines()


def test_demand_is_work_by_the_minute_and_gaps_have_the_value_before():
    demand = recorded(
        lines("""
time,demand
2026-03-02T12:00:00Z,1.5
2026-03-02T13:03:30+01:00,2
2026-03-02 12:04,4
"""),
        "noon.csv",
    )
    assert (demand.name, demand.work, demand.silent) == ("noon.csv", (1.5, 1.5, 1.5, 2.0, 4.0), ())


def test_samples_of_cpu_are_added_up_over_the_instances():
    demand = recorded(
        lines("""
time,instance,metric,value
1772452800,web1,cpu,50
1772452800,web2,cpu,30
1772452800,web2,memory,99
1772452860,web1,cpu,70
1772452865,web2,cpu,nan
"""),
        "samples.csv",
    )
    assert demand.work == pytest.approx((0.8, 1.0))


def test_an_instance_that_has_fallen_silent_counts_for_five_minutes():
    samples = ["time,instance,metric,value", "0,web2,cpu,40"]
    samples += [f"{60 * minute},web1,cpu,10" for minute in range(8)]
    assert recorded(samples, "silent.csv").work == pytest.approx([0.5] * 6 + [0.1] * 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "x.csv: its first line has to be time,demand or time,instance,metric,value."),
        ("when,what\n1,2", "x.csv: its first line has to be time,demand or time,instance,metric,value."),
        ("time,demand", "x.csv: there is nothing in it to go by."),
        ("time,instance,metric,value\n0,web1,memory,3", "x.csv: there is nothing in it to go by."),
        ("time,demand\n0,1\n60,many", "x.csv:3: 'many' is not a number."),
        ("time,demand\n0,-1", "x.csv:2: the demand -1 cannot be; write 0 or more."),
        ("time,demand\n0,nan", "x.csv:2: the demand nan cannot be; write 0 or more."),
        ("time,demand\nnoon,1", "x.csv:2: 'noon' is not a time; write one such as 2026-03-02T12:00:00Z."),
        ("time,demand\n1e30,1", "x.csv:2: '1e30' is no time that there is."),
        ("time,demand\n0", "x.csv:2: '' is not a number."),
        ("time,demand\n0," + 200_000 * "1", "x.csv:2: cannot be read as CSV: field larger than field limit (131072)."),
    ],
)
def test_what_is_no_recording_is_refused_with_its_line(text, said):
    with pytest.raises(RecordingError) as caught:
        recorded(text.splitlines(), "x.csv")
    assert str(caught.value) == said


def test_a_recording_is_read_as_spreadsheets_write_it():
    assert recorded(["\ufefftime, demand\r\n", "0, 1\r\n", "60, 2\r\n"], "x.csv").work == (1.0, 2.0)


def test_no_more_minutes_are_made_of_a_recording_than_are_asked_for():
    found = recorded(["time,demand", "1970-01-01,1", "2026-03-02,2"], "x.csv", most=3)
    assert found.work == (1.0, 1.0, 1.0)


NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def sample(minute, value, instance="web1", metric="cpu"):
    return Sample(instance, metric, NOON + timedelta(minutes=minute), value, "ssh")


def test_what_was_measured_is_added_up_also_where_it_became_means_of_ten_minutes():
    found = measured([sample(0, 50.0), sample(10, 70.0), sample(11, 90.0), sample(11, 10.0, "web2")], "web as measured")
    assert found.name == "web as measured"
    assert found.work == pytest.approx((*[0.5] * 10, 0.7, 1.0))


def test_where_no_cpu_was_measured_nothing_can_be_simulated():
    with pytest.raises(RecordingError, match="web: no CPU of its instances was measured"):
        measured([sample(0, 50.0, metric="memory")], "web")
