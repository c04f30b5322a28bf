"""The status of a stack on a screen: layers, and in them their instances; it fits into 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from stackward.cli.moments import ago
from stackward.cli.status_data import InstanceStatus, LayerStatus, StackStatus
from stackward.cli.turn import Whose
from stackward.lifecycle.states import BETWEEN, FAILED, MEMBERS, State
from stackward.scaling.load.evaluation import CALM

_WIDE = 108
"""From this width on type and apps have columns of their own."""

_NARROW = 60
"""Below this width there is room only for who is how, and whose move it is."""

_REVISION = 7

_TURN_STYLE = {
    Whose.HEALING: "red",
    Whose.YOU: "yellow",
    Whose.RUN: "cyan",
    Whose.CONVERGE: "cyan",
    Whose.SCHEDULE: "",
    Whose.NOBODY: "dim",
}


def state_style(state: State) -> str:
    """Return the colour of a state."""
    if state in FAILED:
        return "bold red"
    if state in MEMBERS:
        return "green"
    return "yellow" if state in BETWEEN else "dim"


def state_text(state: str) -> Text:
    """Return a state in its colour."""
    return Text(state, style=state_style(State(state)))


class StatusScreen:
    """Renders stacks for the width that there is."""

    def __init__(self, stacks: tuple[StackStatus, ...], now: datetime) -> None:
        self._stacks = stacks
        self._now = now

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield a header and a table for each stack."""
        for position, stack in enumerate(self._stacks):
            if position:
                yield Text("")
            yield _header(stack)
            yield from _resources(stack)
            table = _table(stack, self._now, wide=options.max_width >= _WIDE)
            if options.max_width < _NARROW:
                table.columns = [table.columns[0], table.columns[1], table.columns[-1]]
            yield table


def _header(stack: StackStatus) -> Text:
    text = Text.assemble((stack.name, "bold"), f"  generation {stack.generation}, {stack.provider}: ")
    for position, (state, count) in enumerate(stack.counts.items()):
        text.append(", " if position else "")
        text.append(f"{count} {state}", style=state_style(State(state)))
    if not stack.counts:
        text.append("no instances")
    if stack.mistakes:
        text.append("\n  its stack file has mistakes: shown by the one that the last run took up", style="red")
    for url in stack.urls:
        text.append(f"\n  {url}", style="underline")
    return text


def _resources(stack: StackStatus) -> Iterator[RenderableType]:
    """Yield a line for each load balancer of the provider, each database that is no layer, each certificate in need."""
    for balancer in stack.load_balancers:
        port = f":{balancer.port}" if balancer.port is not None else ""
        of = f" ({', '.join(balancer.layers)})" if balancer.layers else " (not in the file any more)"
        text = Text(f"  {balancer.type.replace('_', ' ')} {balancer.name}{port}{of}: ")
        text.append(", ".join(balancer.members) or "nobody")
        if balancer.missing:
            text.append(f"; online and not registered: {', '.join(balancer.missing)}", style="yellow")
        yield text
    for database in stack.databases:
        its = "yours" if database.registered else "its provider's" if database.in_file else "not in the file any more"
        text = Text(f"  database {database.name} ({database.engine}, {its}")
        text.append(f"; for {', '.join(database.apps)}): " if database.apps else "): ")
        if database.host is None:
            text.append("not made yet", style="yellow")
        else:
            text.append(f"{database.host}:{database.port}")
        yield text
    for notice in stack.certificates:
        yield Text(f"  {notice}", style="yellow")


def _table(stack: StackStatus, now: datetime, *, wide: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("INSTANCE", no_wrap=True)
    table.add_column("STATE", no_wrap=True)
    table.add_column("SINCE", no_wrap=True, justify="right")
    if wide:
        table.add_column("TYPE", no_wrap=True)
    table.add_column("ADDRESS" if wide else "ADDRESS, APPS", no_wrap=not wide)
    if wide:
        table.add_column("APPS", no_wrap=True)
    table.add_column("CONF", no_wrap=True, justify="right")
    table.add_column("WHOSE MOVE", overflow="fold", ratio=1)
    shown: set[str] = set()
    by_name = {instance.name: instance for instance in stack.instances}
    for layer in stack.layers:
        table.add_row(_layer(layer), *_load(layer, columns=len(table.columns)))
        for name in layer.instances:
            if name not in shown:
                shown.add(name)
                table.add_row(*_row(by_name[name], stack, now, wide=wide, first=layer.name))
    others = [instance for instance in stack.instances if instance.name not in shown]
    for title, in_file in (("in no layer", True), ("left the file", False)):
        its = [instance for instance in others if instance.in_file is in_file]
        if its:
            table.add_row(Text(title, style="bold"))
        for instance in its:
            table.add_row(*_row(instance, stack, now, wide=wide, first=""))
    return table


def _layer(layer: LayerStatus) -> Text:
    return Text.assemble((layer.name, "bold"), (f" {layer.online}/{len(layer.instances)}", "dim"))


def _load(layer: LayerStatus, columns: int) -> Iterator[RenderableType]:
    """Yield what load says of a layer, in the last of the columns after the first."""
    if layer.load is None:
        return
    its = layer.load
    shown = ", ".join(
        f"{name} {'not known' if value is None else f'{value:.3g}'}" for name, value in its.metrics.items()
    )
    text = f"load: {shown or 'no metrics'}; {its.minimum} to {its.maximum}"
    text += "" if its.enforced else "; only recommends"
    text += f" — {its.reason}" if its.reason != CALM else ""
    text += f"; held back: {', '.join(its.brakes)}" if its.brakes else ""
    yield from [""] * (columns - 2)
    yield Text(text, style="dim")


def _row(
    instance: InstanceStatus, stack: StackStatus, now: datetime, *, wide: bool, first: str
) -> Iterator[RenderableType]:
    others = [layer for layer in instance.layers if layer != first]
    yield Text(f"  {instance.name}") + Text("".join(f"\n   +{layer}" for layer in others), style="dim")
    state = state_text(instance.state)
    if instance.initiated_by is not None:
        state.append(f"\nby {instance.initiated_by}", style="dim")
    yield state
    yield ago(instance.since, now)
    if wide:
        yield instance.type or ""
    place = "\n".join(_addresses(instance))
    apps = "\n".join(f"{app.app} {app.revision[:_REVISION]}" for app in instance.apps)
    if wide:
        yield place
        yield apps
    else:
        yield Text(place) + Text(f"\n{apps}" if place and apps else apps, style="dim")
    yield _configured(instance, stack.generation)
    announced = "next: " if instance.turn.whose is Whose.SCHEDULE else ""
    drifted = "".join(f"\ndrift: {text}" for text in instance.drift)
    yield Text(announced + instance.turn.text, style=_TURN_STYLE[instance.turn.whose]) + Text(drifted, style="yellow")


def _addresses(instance: InstanceStatus) -> Iterator[str]:
    if instance.address is not None:
        yield instance.address if instance.port in (None, 22) else f"{instance.address}:{instance.port}"
    if instance.elastic_address is not None:
        yield instance.elastic_address


def _configured(instance: InstanceStatus, generation: int) -> Text:
    """Say "ok" where the last Configure was at the stack's generation, else how far it is: 5<7."""
    if instance.configure_current is None:
        return Text("")
    if instance.configure_current:
        return Text("ok", style="green")
    at = "-" if instance.configured_generation is None else str(instance.configured_generation)
    return Text(f"{at}<{generation}", style="yellow")
