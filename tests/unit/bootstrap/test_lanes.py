"""The lanes find every test that is left to them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PLACES = "import json, lanes; print(json.dumps([lanes.PLACES, lanes.SLOW]))"
LANE_OF = {
    "simulation": "simulation",
    "ansible": "simulation",
    "aws": "contract",
    "containers": "contract",
    "postgresql": "contract",
    "endtoend": "endtoend",
    "chaos": "endtoend",
}


@pytest.fixture(scope="module")
def lanes():
    done = subprocess.run(
        [sys.executable, "-c", PLACES], cwd=ROOT / "bootstrap", check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


def test_every_marker_that_is_left_to_a_lane_has_one(lanes):
    _places, slow = lanes
    assert set(LANE_OF) == set(slow)


def test_no_test_is_marked_for_a_lane_that_does_not_look_where_it_is(lanes):
    places, _slow = lanes
    lost = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        markers = set(re.findall(r"pytest\.mark\.(\w+)", path.read_text())) & set(LANE_OF)
        # What is part of an end-to-end test is left to that lane alone.
        wanted = {"endtoend"} if "endtoend" in markers else {LANE_OF[marker] for marker in markers}
        where = path.relative_to(ROOT)
        lost += [
            f"{where}: {lane}" for lane in wanted if not any(where.is_relative_to(place) for place in places[lane])
        ]
    assert not lost


BESIDE = """
import sys, lanes
from lanes import Lane

file = sys.argv[1]
waits = ("sh", "-c", f"echo waits; until test -e {file}; do sleep 0.05; done; echo has it")
lanes.LANES = {"first": Lane("", (waits,), one_core=True), "second": Lane("", (("touch", file),), one_core=True)}
print([(result.lane, result.passed) for result in lanes.in_turn(["first", "second"])])
"""


def test_two_lanes_that_keep_one_core_busy_go_side_by_side_and_each_tells_its_own(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", BESIDE, str(tmp_path / "made")],
        cwd=ROOT / "bootstrap",
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    lines = [line for line in done.stdout.splitlines() if line]
    assert lines[:3] == ["--- first: ", "waits", "has it"]
    assert lines[-1] == "[('first', True), ('second', True)]"
