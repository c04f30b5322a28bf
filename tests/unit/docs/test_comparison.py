import importlib.util

import pytest

from stackward.simulator.load.comparison import PAIRS, Row, rows, worse
from tests.unit.docs.documents import ROOT

(OPSWORKS, STEPS), (HPA, TARGET) = PAIRS


@pytest.fixture(scope="module")
def draw_comparison():
    file = ROOT / "docs" / "draw_comparison.py"
    specification = importlib.util.spec_from_file_location("draw_comparison", file)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_table_in_the_document_is_what_the_simulation_gives_and_what_is_said_of_it_is_so(draw_comparison):
    found = rows()
    text = draw_comparison.DOCUMENT.read_text(encoding="utf-8")
    assert text == draw_comparison.with_drawing(text, found), "draw it anew: python docs/draw_comparison.py"
    for row in found:
        if row.figure == "minutes above 80 %":
            assert row.values[STEPS] < row.values[OPSWORKS]
            assert row.values[TARGET] <= row.values[HPA]
        if row.figure == "reversals":
            assert row.values[TARGET] < row.values[HPA]


def test_every_place_where_stackward_is_worse_is_listed(draw_comparison):
    found = (
        Row("sine", "instance-hours", {OPSWORKS: 100, STEPS: 110, HPA: 100, TARGET: 90}),
        Row("sine", "reversals", {OPSWORKS: 10, STEPS: 10, HPA: 10, TARGET: 9}),
        Row("step", "instance-hours", {OPSWORKS: 200, STEPS: 201, HPA: 100, TARGET: 100}),
    )
    assert [(other, row.demand) for other, row in worse(found)] == [(OPSWORKS, "sine"), (OPSWORKS, "step")]
    lines = draw_comparison.drawing(found).splitlines()
    assert lines[2] == "| `sine` | instance-hours | 100 | 110 | 100 | 90 |"
    assert lines[3] == "|  | reversals | 10 | 10 | 10 | 9 |"
    assert lines[-2:] == [
        "- Stackward needs more than OpsWorks: instance-hours with `sine` (+10.0 %), `step` (+0.5 %).",
        "- Stackward needs more than HPA: nowhere.",
    ]


def test_a_document_without_a_place_for_it_is_refused(draw_comparison):
    with pytest.raises(SystemExit, match="no place"):
        draw_comparison.with_drawing("# Scaling\n", ())
