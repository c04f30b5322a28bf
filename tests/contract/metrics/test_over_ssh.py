"""Vitals over SSH, with what goes over the wire given: real hosts are in the end-to-end tests."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from stackward.observe.metrics.over_ssh import SshSource, program
from tests.contract.metrics.source_contract import QUESTION, SourceContract, Subject


class TestOverSsh(SourceContract):
    @pytest.fixture
    def subject(self):
        shown: dict[str, float] = {}

        def show(values):
            shown.clear()
            shown.update(values)

        def run(_data, errands):
            return {
                name: (0, json.dumps({"cpu": shown[name], "memory": 50}))
                if name in shown
                else (255, "no route to host")
                for name in errands
            }

        return Subject(SshSource("/nowhere", run=run), "cpu", show)


def asked(**options):
    errands = {}

    def run(_data, given):
        errands.update(given)
        return dict.fromkeys(given, (0, "{}"))

    source = SshSource("/nowhere", run=run, **options)
    return source, errands


def test_only_instances_of_its_layers_are_asked():
    source, errands = asked(layers=("db",))
    source.ask(QUESTION)
    assert set(errands) == {"web2"}


def test_those_that_have_told_by_themselves_are_not_asked():
    source, errands = asked()
    source.ask(replace(QUESTION, told=frozenset({"web1"})))
    assert set(errands) == {"web2"}


def test_the_program_is_sent_and_nothing_has_to_be_installed():
    source, errands = asked()
    source.ask(QUESTION)
    assert (errands["web1"].command, errands["web1"].input) == ("python3 -", program())
    assert "import ansible" not in program()


@pytest.mark.parametrize(
    "said",
    [
        "",
        "null",
        "[]",
        "{",
        "[" * 100_000,
        '{"cpu": "much"}',
        '{"cpu": 1' + "0" * 400 + "}",
        '{"cpu": 1' + "0" * 5000 + "}",
    ],
    ids=["nothing", "null", "a list", "cut short", "too deep", "words", "too large", "larger still"],
)
def test_an_instance_that_talks_nonsense_is_silent_and_the_others_are_heard(said):
    def run(_data, errands):
        return {name: (0, said if name == "web1" else '{"cpu": 7}') for name in errands}

    answer = SshSource("/nowhere", run=run).ask(QUESTION)
    cpu = {item.subject: item.value for item in answer.samples if item.metric == "cpu"}
    assert math.isnan(cpu["web1"])
    assert cpu["web2"] == 7.0
