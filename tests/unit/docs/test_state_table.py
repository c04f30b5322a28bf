import importlib.util

import pytest

from stackward.lifecycle.states import TRANSITIONS, State
from tests.unit.docs.documents import ROOT


@pytest.fixture(scope="module")
def draw_states():
    file = ROOT / "docs" / "draw_states.py"
    specification = importlib.util.spec_from_file_location("draw_states", file)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_drawing_in_the_document_is_up_to_date(draw_states):
    text = draw_states.DOCUMENT.read_text(encoding="utf-8")
    assert text == draw_states.with_drawing(text), "draw it anew: python docs/draw_states.py"


def test_every_transition_is_drawn_once(draw_states):
    drawn = []
    framed = False
    inside = set()
    for line in draw_states.drawing().splitlines():
        source, arrow, target = line.strip().partition(" --> ")
        framed = (framed or line.strip().endswith("{")) and line.strip() != "}"
        if not arrow or source == "[*]":
            continue
        if framed:
            inside.update((source, target))
        drawn += [(each, target) for each in sorted(inside)] if source == "stoppable" else [(source, target)]
    wanted = [(state.value, following.value) for state in State for following in TRANSITIONS[state]]
    assert sorted(drawn) == sorted(wanted)


def test_a_document_without_a_place_for_it_is_refused(draw_states):
    with pytest.raises(SystemExit, match="no place"):
        draw_states.with_drawing("# Architecture\n")
