"""Draws what a command wrote on a terminal as a picture, from its coloured output on standard input.

FORCE_COLOR=1 COLUMNS=112 stackward status | python docs/draw_terminal.py "stackward status" > docs/pictures/status.svg
"""

from __future__ import annotations

import html
import io
import re
import sys

from rich.console import Console
from rich.text import Text

REMOTE_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
FAMILY = "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace"
CELL = 12.2
"""Width of a character in Rich's drawings."""

DRAWN = re.compile(
    r'<text class="(?P<style>[^"]+)" x="(?P<x>[\d.]+)" (?P<y>y="[\d.]+") textLength="[\d.]+" '
    r'(?P<clip>clip-path="[^"]+")>(?P<said>[^<]*)</text>'
)
WORDS = re.compile(r"[^ ]+(?: [^ ]+)*")


def picture(output: str, title: str) -> str:
    """Return the SVG of a terminal that shows the output. It loads nothing: a reader's own font is used."""
    text = Text.from_ansi(output)
    text.no_wrap = True
    width = max(len(line) for line in text.plain.splitlines())
    console = Console(file=io.StringIO(), record=True, width=width, force_terminal=True, color_system="truecolor")
    console.print(text, soft_wrap=True)
    drawn = DRAWN.sub(_placed, console.export_svg(title=title, unique_id="terminal"))
    return REMOTE_FONTS.sub("", drawn).replace("Fira Code, monospace", FAMILY).replace("arial", "sans-serif")


def _placed(found: re.Match[str]) -> str:
    """Return the same text with each run of words at its own place: not every viewer keeps spaces in a row."""
    said = html.unescape(found["said"]).replace("\N{NO-BREAK SPACE}", " ")
    return "".join(
        f'<text class="{found["style"]}" x="{float(found["x"]) + words.start() * CELL:.1f}" {found["y"]} '
        f'textLength="{len(words[0]) * CELL:.1f}" {found["clip"]}>{html.escape(words[0])}</text>'
        for words in WORDS.finditer(said)
    )


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.stdin.isatty():
        sys.exit(__doc__)
    sys.stdout.write(picture(sys.stdin.read(), sys.argv[1]))
