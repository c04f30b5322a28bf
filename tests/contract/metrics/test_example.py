"""The example of a source of one's own keeps its promises, and is found by its name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackward.definition.model import SourceChoice
from stackward.errors import MetricsError
from stackward.observe.metrics.registry import load
from tests.contract.metrics.source_contract import QUESTION, SourceContract, Subject
from tests.stacks import small_stack

ROOT = Path(__file__).parents[3]
STACK = replace(small_stack(), path=str(ROOT / "inventory" / "shop.stack.yml"))


def example(**options):
    return load(SourceChoice("mine", "example", options=options), stack=STACK)


class TestExample(SourceContract):
    @pytest.fixture
    def subject(self, tmp_path):
        file = tmp_path / "metrics"
        shown: dict[str, str] = {}

        def write(kind, lines):
            shown[kind] = "".join(lines)
            file.write_text("".join(shown.values()))

        return Subject(
            example(file=str(file)),
            "requests",
            lambda values: write("values", [f"{name} requests {value}\n" for name, value in values.items()]),
            lambda states: write("alarms", [f"alarm {name} {state.value}\n" for name, state in states.items()]),
            example(file=str(tmp_path / "nowhere")),
        )

    def test_a_line_that_cannot_be_read_is_named(self, tmp_path):
        (tmp_path / "metrics").write_text("web1 requests many\n")
        answer = example(file=str(tmp_path / "metrics")).ask(QUESTION)
        assert answer.failures == ("line 1 is not SUBJECT METRIC VALUE: 'web1 requests many'",)


def test_an_option_that_it_does_not_know_is_refused():
    with pytest.raises(MetricsError, match="has no option 'path'"):
        example(path="/nowhere")


def test_a_source_that_there_is_not_is_refused_with_what_there_is():
    with pytest.raises(MetricsError, match=r"no source of measurements 'exampel'\. Did you mean example\?"):
        load(SourceChoice("mine", "exampel"), stack=STACK)


def test_what_is_no_whole_source_is_refused(tmp_path):
    (tmp_path / "plugins" / "metrics").mkdir(parents=True)
    (tmp_path / "plugins" / "metrics" / "half.py").write_text(
        "def source(options, stack, data):\n    return object()\n"
    )
    stack = replace(STACK, path=str(tmp_path / "inventory" / "shop.stack.yml"))
    with pytest.raises(MetricsError, match="is not a whole source of measurements; it lacks ask"):
        load(SourceChoice("mine", "half"), stack=stack)
