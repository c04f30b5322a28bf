"""Where machines are tried, in which order, and how long a place without room is passed over."""

from __future__ import annotations

import math
from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st

from stackward.providers.ec2.options import Options
from stackward.providers.ec2.placements import REMEMBERED_SECONDS, Place, chosen, key, places

OPTIONS = Options(
    region="eu-test-1",
    image="ami-1",
    types=("m6i.large", "m5.large"),
    markets=("spot", "on-demand"),
    subnets=("subnet-a", "subnet-b"),
)
ZONES = {"subnet-a": "eu-test-1a", "subnet-b": "eu-test-1b"}
ALL = places(OPTIONS, ZONES, None)
MOMENTS = st.integers(0, 10_000).map(float)


def test_markets_come_first_then_types_then_subnets():
    assert [str(place) for place in ALL] == [
        "m6i.large spot in subnet-a",
        "m6i.large spot in subnet-b",
        "m5.large spot in subnet-a",
        "m5.large spot in subnet-b",
        "m6i.large on-demand in subnet-a",
        "m6i.large on-demand in subnet-b",
        "m5.large on-demand in subnet-a",
        "m5.large on-demand in subnet-b",
    ]


def test_disks_keep_a_machine_in_their_zone_and_in_none_of_the_subnets_there_may_be_no_place():
    assert {place.subnet for place in places(OPTIONS, ZONES, "eu-test-1b")} == {"subnet-b"}
    assert places(OPTIONS, ZONES, "eu-test-1c") == ()


def test_without_subnets_it_is_in_the_zones_of_the_file_or_where_aws_likes():
    bare = Options(region="eu-test-1", image="ami-1", types=("m5.large",))
    assert places(bare, {}, None) == (Place("m5.large", "on-demand"),)
    assert places(bare, {}, "eu-test-1a") == (Place("m5.large", "on-demand", zone="eu-test-1a"),)
    zoned = Options(region="eu-test-1", image="ami-1", types=("m5.large",), zones=("eu-test-1b", "eu-test-1a"))
    assert [place.zone for place in places(zoned, {}, None)] == ["eu-test-1b", "eu-test-1a"]
    assert [place.zone for place in places(zoned, {}, "eu-test-1a")] == ["eu-test-1a"]


def test_a_place_is_remembered_by_type_market_subnet_and_zone():
    assert len({key(asdict(place)) for place in ALL}) == len(ALL)


def test_a_place_that_had_no_room_is_passed_over_for_three_minutes_and_then_tried_again():
    first, second = ALL[:2]
    remembered = {key(asdict(first)): 1000.0}
    assert chosen(ALL, (), remembered, 1000.0) == second
    assert chosen(ALL, (), remembered, 1000.0 + REMEMBERED_SECONDS - 1) == second
    assert chosen(ALL, (), remembered, 1000.0 + REMEMBERED_SECONDS) == first


@given(st.dictionaries(st.sampled_from(ALL), MOMENTS), st.sets(st.sampled_from(ALL)), MOMENTS)
def test_the_choice_is_the_first_with_room_and_never_one_that_was_refused_to_this_machine(when, refused, now):
    remembered = {key(asdict(place)): at for place, at in when.items()}
    found = chosen(ALL, [asdict(place) for place in refused], remembered, now)
    left = [place for place in ALL if place not in refused]
    if not left:
        assert found is None
        return
    assert found in left
    fresh = [place for place in left if now - when.get(place, -math.inf) >= REMEMBERED_SECONDS]
    if fresh:
        assert found == fresh[0]
    else:
        assert all(when.get(found, -math.inf) <= when.get(place, -math.inf) for place in left)
