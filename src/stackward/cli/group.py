"""Turns whatever goes wrong into a sentence and an exit code; nobody sees a traceback for what is no fault of ours."""

from __future__ import annotations

import sys
from typing import Any

import typer
from typer.core import TyperGroup

from stackward.errors import StackwardError

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""


class SpokenGroup(TyperGroup):
    """The commands, with errors as sentences on standard error."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command. Exits with 1 after an error and 130 after Ctrl-C."""
        try:
            return super().invoke(ctx)
        except StackwardError as error:
            sys.stderr.write(f"{error}\n")
            raise typer.Exit(1) from None
        except BrokenPipeError:
            raise
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            sys.stderr.write(f"{where}{error.strerror or error}\n")
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            interrupted()
            raise typer.Exit(INTERRUPTED) from None


def interrupted() -> None:
    """Say what Ctrl-C means."""
    sys.stderr.write("stopped; nothing is lost: run the same command again\n")
