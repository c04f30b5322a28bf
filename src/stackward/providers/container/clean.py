"""Removes what Stackward made on this machine: `python -m stackward.providers.container.clean shop [--image]`.

Needs no stack file: hosts, volumes and networks are found by their labels. Data folders are left alone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from stackward.errors import ProviderError
from stackward.providers.container import image, removal
from stackward.providers.container.engine import EngineName, find


def main(arguments: Sequence[str] | None = None) -> int:
    """Remove the named stacks, and with --image the host images; 0 when nothing of them is left, else 1."""
    parser = argparse.ArgumentParser(prog="stackward.providers.container.clean", description=__doc__)
    parser.add_argument("stack", nargs="*", help="a stack whose hosts, volumes and network are to go")
    parser.add_argument("--image", action="store_true", help="remove the host images as well")
    parser.add_argument("--engine", choices=[name.value for name in EngineName], help="default: the first installed")
    options = parser.parse_args(arguments)

    def say(line: str) -> None:
        print(line, flush=True)

    try:
        engine = find(EngineName(options.engine) if options.engine else None)
        for stack in options.stack:
            removal.remove_stack(engine, stack)
            say(f"Nothing of the stack {stack} is left in {engine.name.value}")
        if options.image:
            image.remove_all(engine, say)
    except ProviderError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
