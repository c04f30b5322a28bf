"""What is remembered of full places, for all runs of a controller."""

from __future__ import annotations

import pytest

from stackward.providers.ec2.placements import REMEMBERED_SECONDS
from stackward.providers.ec2.refusals import Refusals


def test_another_run_knows_what_one_was_refused_and_the_old_is_dropped(tmp_path):
    Refusals(str(tmp_path)).add("m5.large", 1000.0)
    Refusals(str(tmp_path)).add("m6i.large", 1010.0)
    assert Refusals(str(tmp_path)).known() == {"m5.large": 1000.0, "m6i.large": 1010.0}
    Refusals(str(tmp_path)).add("c5.large", 1005.0 + REMEMBERED_SECONDS)
    assert Refusals(str(tmp_path)).known() == {"m6i.large": 1010.0, "c5.large": 1005.0 + REMEMBERED_SECONDS}


@pytest.mark.parametrize("damaged", ["{", "3", '["m5.large"]', '{"m5.large": "yesterday"}'])
def test_a_damaged_memory_only_costs_calls(tmp_path, damaged):
    kept = Refusals(str(tmp_path))
    assert kept.known() == {}
    kept.add("m5.large", 1000.0)
    (tmp_path / "ec2" / "refused.json").write_text(damaged)
    assert kept.known() == {}
    kept.add("m5.large", 1001.0)
    assert kept.known() == {"m5.large": 1001.0}
