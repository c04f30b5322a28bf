"""Makes sure of the engine and the host image: `python -m stackward.providers.container.prepare [debian-12]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from stackward.errors import ProviderError
from stackward.providers.container import image
from stackward.providers.container.engine import EngineName
from stackward.providers.container.readiness import ready_engine


def main(arguments: Sequence[str] | None = None) -> int:
    """Prepare this machine; 0 when hosts can be made, 1 with a sentence when something is missing."""
    parser = argparse.ArgumentParser(prog="stackward.providers.container.prepare", description=__doc__)
    parser.add_argument("image", nargs="*", default=[image.DEFAULT], help="debian-12, debian-13 or an image reference")
    parser.add_argument("--engine", choices=[name.value for name in EngineName], help="default: the first installed")
    options = parser.parse_args(arguments)

    def say(line: str) -> None:
        print(line, flush=True)

    try:
        engine, _ = ready_engine(EngineName(options.engine) if options.engine else None, say)
        for name in options.image:
            image.ensure(engine, image.chosen(name), say)
    except ProviderError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. Ask again to go on; nothing half-made is used.", file=sys.stderr)
        return 130
    say(f"{engine.name.value} is ready for hosts of {', '.join(options.image)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
