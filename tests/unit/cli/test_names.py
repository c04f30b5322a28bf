"""Names on the command line that are not there: what is said of them."""

import ast
from pathlib import Path

import pytest

from stackward.cli.events import KINDS
from stackward.definition.mistake import suggestion
from stackward.healing import ladder, recording

SOURCES = Path(__file__).parents[3] / "src" / "stackward"
CONSTANTS = {"ladder.HEALED": ladder.HEALED, "recording.KIND": recording.KIND}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("status", "--stack", "shopp"), "There is no stack 'shopp'; did you mean \"shop\"?\n"),
        (("describe", "nowhere"), "There is no stack, layer, instance or app 'nowhere' in shop; "),
        (("why", "nowhere"), "There is no instance or layer 'nowhere' in shop; "),
        (
            ("start", "--instance", "web1,web2"),
            "There is no instance 'web1,web2'; name each by itself: --instance web1 --instance web2.\n",
        ),
    ],
)
def test_a_name_that_is_not_there_is_refused_in_one_sentence(stackward, arguments, said):
    ran = stackward(*arguments)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(said)


def test_of_very_many_names_some_are_said():
    names = [f"web{number}" for number in range(10_000)]
    said = suggestion("nothing like it", names, "instances")
    assert said.startswith("the instances are: web0, web1, web2, ")
    assert said.endswith(", web39 and 9,960 more")


def test_a_kind_that_the_journal_does_not_have_is_refused(stackward, told):
    ran = stackward("events", "--kind", "stat")
    assert ran.code == 2
    assert "--kind stat: the journal has no such entries; write request, decision, state," in " ".join(ran.err.split())


def kinds_of(node):
    """The kinds that an argument of a call may be: a text, one of two, or a constant of healing."""
    if isinstance(node, ast.IfExp):
        return kinds_of(node.body) | kinds_of(node.orelse)
    if isinstance(node, ast.Attribute):
        return {CONSTANTS[ast.unparse(node)]}
    return {node.value} if isinstance(node.value, str) else set()


def test_every_kind_that_is_written_is_known():
    written = {
        kind
        for file in SOURCES.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("note", "_note")
        # What is handed on, a transaction or a kind that somebody else has said, is a name.
        for said in [argument for argument in node.args if not isinstance(argument, ast.Name)][:1]
        for kind in kinds_of(said)
    }
    assert written <= {*KINDS}
    assert {"state", "decision", "request", *CONSTANTS.values()} <= written
