import sys
from pathlib import Path

import pytest

from stackward.definition.load_scaling import LoadScaling
from stackward.definition.model import InstanceType
from stackward.scaling.load.conditions import Rules
from stackward.simulator.load.controllers import Stackward
from stackward.simulator.load.demand import DAY, made_up
from stackward.simulator.load.picture import PictureError, draw
from stackward.simulator.load.running import Setting, simulate

BEGINS = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF"}


@pytest.fixture(scope="module")
def week():
    kinds = {f"web{n}": InstanceType.LOAD if n else InstanceType.ALWAYS for n in range(6)}
    demand = made_up("week", 6, 2 * DAY, 0)
    outcome = simulate(Stackward(Rules.of(LoadScaling(maximum=6)), "mine"), demand, Setting(kinds, 1, 6, 80.0))
    return outcome, demand.work


@pytest.mark.parametrize("ending", BEGINS)
def test_a_picture_has_the_form_of_its_ending(week, tmp_path: Path, ending):
    outcome, work = week
    file = tmp_path / f"week{ending}"
    draw([outcome, outcome], work, 80.0, "shop/web", file)
    assert file.read_bytes().startswith(BEGINS[ending])


def test_a_picture_says_whose_it_is_and_what_came_of_it(week, tmp_path: Path, monkeypatch):
    import matplotlib as mpl

    monkeypatch.setitem(mpl.rcParams, "svg.fonttype", "none")
    outcome, work = week
    file = tmp_path / "week.svg"
    draw([outcome], work, 80.0, "shop/web: 6 instances", file)
    text = file.read_text()
    assert "shop/web: 6 instances" in text
    assert f"{outcome.reversals} reversals" in text
    assert "too few" in text
    assert "hours" in text


def test_another_ending_is_refused_and_nothing_is_written(week, tmp_path: Path):
    with pytest.raises(PictureError, match=r"the form of a picture is its ending; write one of \.svg, \.png, \.pdf"):
        draw([week[0]], week[1], 80.0, "", tmp_path / "week.gif")
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib_it_says_how_to_have_it(week, tmp_path: Path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(PictureError, match="pip install 'stackward\\[pictures\\]'"):
        draw([week[0]], week[1], 80.0, "", tmp_path / "week.svg")
