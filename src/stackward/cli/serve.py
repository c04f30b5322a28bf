"""`stackward serve`: the controller service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackward.cli import options
from stackward.cli.durations import seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stackward.controller.service import Served, Settings
    from stackward.definition.model import Stack

_PORT = 8470
"""Where a service without agents says how it is."""

_PRUNE_EVERY = 3600.0
"""Seconds between two looks whether anything is due to be forgotten, which is done once a day."""


def serve(
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    listen: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS:PORT",
            help="Where to listen. By default at all addresses, and at the port of the stack file's controller.url.",
        ),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The service's certificate (PEM), where it is your own.")
    ] = None,
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="The key of that certificate (PEM).")] = None,
    heal_every: Annotated[str, typer.Option(metavar="TIME", help="How often it looks at the instances.")] = "30s",
    scale_every: Annotated[str, typer.Option(metavar="TIME", help="How often it looks at schedules and load.")] = "60s",
    converge_every: Annotated[str, typer.Option(metavar="TIME", help="How often it looks for what is due.")] = "30s",
    grace: Annotated[
        str, typer.Option(metavar="TIME", help="How long runs may take to end when the service is stopped.")
    ] = "60s",
    unit: Annotated[
        bool, typer.Option("--unit", help="Print a systemd unit that runs this very command, and exit.")
    ] = False,
) -> None:
    """Run the controller service: take heartbeats, and heal, scale and converge by itself.

    It ends by SIGTERM or Ctrl-C: runs are asked to end first, and what they leave undone goes on at the next start.
    /healthz says how it is, /metrics what it has counted.

    For example:
      stackward serve
      stackward serve -i inventory --heal-every 10s
      stackward serve --unit | sudo tee /etc/systemd/system/stackward.service
    """
    from stackward.cli.finding import find, narrowed
    from stackward.cli.opening import read
    from stackward.errors import StackwardError

    found = find(inventory or (), Path.cwd())
    stacks = read(found, stack)
    ticks = {
        "heal": _looking(heal_every),
        "scale": seconds(scale_every, "--scale-every"),
        "converge": seconds(converge_every, "--converge-every"),
        "prune": _PRUNE_EVERY,
    }
    patience = seconds(grace, "--grace")
    if unit:
        _print_unit(patience)
        return
    try:
        from stackward.controller.service import Served
    except ModuleNotFoundError as error:
        raise StackwardError(
            f"The controller service needs {error.name}, which is not installed. "
            "Install it with: pip install 'stackward[controller]'"
        ) from error

    def served() -> Sequence[Served]:
        from stackward.cli.carrying_out import environment_of

        anew = find(inventory or (), Path.cwd())
        return tuple(
            Served(item, tuple(map(str, narrowed(anew, Path(item.path)).sources)), environment_of(item))
            for item in read(anew, stack)
        )

    settings = _settings(stacks, listen, certificate, key, ticks, patience)
    _run(settings, served)


def _looking(text: str) -> float:
    from stackward.healing.sight import LONGEST_BREAK

    every = seconds(text, "--heal-every")
    if every > LONGEST_BREAK.total_seconds():
        raise typer.BadParameter(
            f"{text} is too seldom: silence counts only while somebody looks, so nothing would ever be healed; "
            f"write {LONGEST_BREAK.total_seconds():.0f}s or less.",
            param_hint="'--heal-every'",
        )
    return every


def _print_unit(grace: float) -> None:
    import getpass
    import os
    import shlex
    import sys

    from stackward.controller import unit

    words = [item for item in sys.argv[1:] if item != "--unit"]
    program = Path(sys.executable).parent / "stackward"
    text = unit.text([str(program), *words], user=getpass.getuser(), folder=os.getcwd(), grace=grace)  # noqa: PTH109
    sys.stdout.write(text)
    if sys.stdout.isatty():
        again = shlex.join(["stackward", *words, "--unit"])
        sys.stderr.write(
            f"\nTo install it: {again} | sudo tee /etc/systemd/system/{unit.NAME}\n"
            f"and then: sudo systemctl enable --now {unit.NAME}\n"
        )


def _settings(
    stacks: Sequence[Stack],
    listen: str | None,
    certificate: Path | None,
    key: Path | None,
    ticks: dict[str, float],
    grace: float,
) -> Settings:
    from functools import partial

    from stackward.controller.service import Settings
    from stackward.errors import StackwardError

    controllers = [item.controller for item in stacks if item.controller is not None]
    if len({controller.port for controller in controllers}) > 1 and listen is None:
        ports = ", ".join(sorted(f"{item.controller.port} ({item.name})" for item in stacks if item.controller))
        raise StackwardError(
            f"The stacks' controllers have several ports: {ports}. Say which with --listen, or --stack."
        )
    if (certificate is None) != (key is None):
        raise StackwardError("A certificate and its key belong together: give --certificate and --key.")
    renew: partial[tuple[Path, Path]] | None = None
    made = [controller for controller in controllers if controller.made]
    if made and certificate is None:
        if len({controller.authority for controller in made}) > 1:
            raise StackwardError("The stacks have several authorities of their own. Serve them apart, with --stack.")
        names = tuple(sorted({controller.host for controller in made}))
        renew = partial(_certified, Path(made[0].authority), names)
        certificate, key = renew()
    elif any(controller.tls for controller in controllers) and certificate is None and listen is None:
        raise StackwardError(
            "The stack file names an authority of your own, so the service needs the certificate by it: give "
            "--certificate and --key; or --listen, where something in front of it speaks TLS."
        )
    address, port = ("0.0.0.0", controllers[0].port) if controllers else ("127.0.0.1", _PORT)  # noqa: S104  for agents
    if listen is not None:
        address, port = _place(listen, port)
    if certificate is not None and key is not None:
        _check(certificate, key)
    return Settings(address, port, ticks, grace, certificate, key, renew)


def _check(certificate: Path, key: Path) -> None:
    """Raises StackwardError where a server cannot use them."""
    import ssl

    from stackward.errors import StackwardError

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise StackwardError(
            f"The certificate {certificate} with the key {key} cannot be used: {error.strerror or error}. "
            "Give two files (PEM) that belong together and that this user may read."
        ) from error


def _certified(place: Path, names: tuple[str, ...]) -> tuple[Path, Path]:
    """The service's certificate and its key, made anew where the certificate ends soon."""
    from datetime import UTC, datetime

    from stackward.engine import authority

    return authority.server(place, names, datetime.now(UTC))


def _place(text: str, port: int) -> tuple[str, int]:
    host, colon, number = text.rpartition(":")
    if not colon or text.endswith("]"):
        return text.strip("[]"), port
    if not number.isdecimal() or int(number) > 65535:
        raise typer.BadParameter(f"{text!r} is no place; write ADDRESS:PORT.", param_hint="'--listen'")
    return host.strip("[]") or "0.0.0.0", int(number)  # noqa: S104


def _run(settings: Settings, served: object) -> None:
    import asyncio
    import logging
    import sys

    from stackward.controller.service import Service

    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    # It warns of each request that is none, and whoever sends those must not fill the log.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)

    async def run() -> None:
        await Service(settings, served).run()  # type: ignore[arg-type]

    try:
        import uvloop
    except ModuleNotFoundError:
        asyncio.run(run())
    else:
        uvloop.run(run())
