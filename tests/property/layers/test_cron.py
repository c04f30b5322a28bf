"""A job that one of the online instances runs: always by exactly one, and it moves no more than it must."""

from hypothesis import given
from hypothesis import strategies as st

from stackward.layers.baseline.cron import chosen

FLEETS = st.sets(st.from_regex(r"[a-z]{1,3}[0-9]{1,2}", fullmatch=True), min_size=1, max_size=12)


@given(st.text(min_size=1), FLEETS, st.randoms())
def test_exactly_one_runs_it_whatever_the_order(job, online, random):
    mixed = sorted(online)
    random.shuffle(mixed)
    assert chosen(job, mixed) == chosen(job, online)
    assert chosen(job, online) in online


@given(st.text(min_size=1), FLEETS, st.data())
def test_it_moves_only_from_an_instance_that_leaves_or_to_one_that_enters(job, online, data):
    before = chosen(job, online)
    leaving = data.draw(st.sampled_from(sorted(online)))
    after = chosen(job, online - {leaving})
    assert after == before or leaving == before
    entering = chosen(job, online | {"zz99"})
    assert entering in (before, "zz99")


def test_nobody_runs_it_where_nobody_is_online():
    assert chosen("a", ()) is None


def test_jobs_spread_over_the_instances():
    assert {chosen(f"job{number}", {"web1", "web2", "web3"}) for number in range(30)} == {"web1", "web2", "web3"}
