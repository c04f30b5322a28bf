"""A rehearsal is printed, and touches nothing."""

import pytest

from stackward.cli import rehearse
from stackward.healing.rehearsal import DOES
from stackward.lifecycle.health import Remedy


def test_every_remedy_is_described():
    assert set(DOES) == set(Remedy)


def test_the_ladder_is_shown_and_nothing_is_written(told, stackward):
    before = told.snapshot("shop")
    ran = stackward("rehearse", "heal", "web1", columns=200)
    assert ran.code == 0, ran.err
    assert "web1 falls silent now (a rehearsal: nothing is touched)" in ran.out
    assert "1. reboot" in ran.out
    assert "a person must look" in ran.out
    assert told.snapshot("shop") == before


@pytest.mark.parametrize("every", ["30s", "30"])
def test_how_often_somebody_looks_says_when_silence_is_noticed(told, stackward, every):
    steps = stackward("rehearse", "heal", "web1", "--every", every, "--output", "json").json["steps"]
    assert steps[0]["after"] == 330


def test_one_without_a_machine_is_not_rehearsed(store, stackward):
    assert "has no machine" in stackward("rehearse", "heal", "web1").err
    unknown = stackward("rehearse", "heal", "nobody")
    assert (unknown.code, "nobody" in unknown.err) == (1, True)


def test_one_that_has_left_the_stack_file_is_not_rehearsed(told, project, stackward):
    file = project / "inventory" / "shop.stack.yml"
    file.write_text(file.read_text().replace("web[1:3]", "web[2:3]"))
    ran = stackward("rehearse", "heal", "web1")
    assert (ran.code, ran.err) == (1, "web1 has no layer in the stack file, so nobody heals it.\n")


def test_a_time_that_is_none_is_refused(told, stackward):
    assert stackward("rehearse", "heal", "web1", "--every", "soon").code == 2
    assert rehearse.heal.__doc__
