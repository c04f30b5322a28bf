import io

import pytest
from rich.console import Console
from rich.text import Text

from stackward.cli.output import print_line

LONG = "11:25:44  lb1  decided to configure: the stack is at generation 7, its last Configure was at 6"


def said(line, *, terminal, hanging=0, width=40):
    screen = Console(file=io.StringIO(), width=width, height=24, force_terminal=terminal, color_system=None)
    print_line(screen, line, hanging)
    return screen.file.getvalue()


@pytest.mark.parametrize("line", [LONG, Text(LONG, style="dim")], ids=["text", "styled"])
def test_a_terminal_breaks_a_long_line_between_words_and_sets_in_what_follows(line):
    lines = said(line, terminal=True, hanging=10).splitlines()
    assert len(lines) > 2
    assert all(len(line) <= 40 for line in lines)
    assert lines[0].startswith("11:25:44  lb1  decided")
    assert all(line.startswith(" " * 10) and line[10] != " " for line in lines[1:])
    assert " ".join(" ".join(lines).split()) == " ".join(LONG.split())


def test_the_first_line_has_the_whole_width():
    found = said("one two three four five six seven", terminal=True, hanging=4, width=16)
    assert [line.rstrip() for line in found.splitlines()] == ["one two three", "    four five", "    six seven"]


def test_what_reads_a_pipe_gets_one_line_for_each():
    assert said(LONG, terminal=False, hanging=10) == f"{LONG}\n"


def test_a_short_line_and_an_empty_one_stay_as_they_are():
    assert said("web1 is online", terminal=True, hanging=10) == "web1 is online\n"
    assert said("", terminal=True) == "\n"


def test_lines_of_their_own_stay_so():
    assert said("\nweb1 is online", terminal=True, hanging=4) == "\nweb1 is online\n"
