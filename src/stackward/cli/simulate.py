"""`stackward simulate`: a layer's scaling by load, tried on a fleet that exists only in memory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stackward.cli import options
from stackward.cli.output import Form, console, print_json

if TYPE_CHECKING:
    from stackward.definition.model import Stack
    from stackward.simulator.load.demand import Demand
    from stackward.simulator.load.running import Outcome, Setting


_RECORDED = "recorded"


def simulate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The stack file.")],
    metrics: Annotated[
        str,
        typer.Option(
            metavar="CSV|NAME",
            help="A recording (time,demand or time,instance,metric,value); recorded, for what was measured of the "
            "layer; or sine, step, spike, noise, week, missing.",
        ),
    ] = "week",
    days: Annotated[int, typer.Option(min=1, max=366, help="For how many days.")] = 7,
    layer: Annotated[str | None, typer.Option(metavar="NAME", help="The layer, if several scale.")] = None,
    policy: Annotated[
        list[Path] | None,
        typer.Option(metavar="OTHER_FILE", help="Another stack file, whose policy is tried too; may be repeated."),
    ] = None,
    against: Annotated[
        str, typer.Option(metavar="NAME,…", help="What to compare with: opsworks, hpa, or both with a comma.")
    ] = "",
    boot: Annotated[
        float | None,
        typer.Option(
            min=0, max=24 * 60, metavar="MINUTES", help="From a start to online; as measured, or else 3, unless given."
        ),
    ] = None,
    configure: Annotated[
        float, typer.Option(min=0, max=60, help="Seconds of full CPU that a Configure takes on each instance.")
    ] = 5.0,
    seed: Annotated[int, typer.Option(help="Another number makes up other noise.")] = 0,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw what came of it: .svg, .png or .pdf.")
    ] = None,
    output: options.Output = Form.TEXT,
) -> None:
    """Try a layer's scaling by load on simulated machines.

    The decision is the real one; nothing real is touched. Machines boot (for as long
    as the layer's last starts have taken), warm up, and configure when others come
    and go. Time above the threshold that adds instances is time with too few.

    For example:
      stackward simulate inventory/shop.stack.yml --metrics sine
      stackward simulate inventory/shop.stack.yml --metrics yesterday.csv
      stackward simulate inventory/shop.stack.yml --metrics recorded --days 1
      stackward simulate inventory/shop.stack.yml --policy other.stack.yml
      stackward simulate inventory/shop.stack.yml --against hpa --picture a.svg
    """
    from stackward.definition.loader import load
    from stackward.simulator.load.machines import Habits
    from stackward.simulator.load.trial import Candidate, compared, members, policy_of, scaled_layer, setting

    baselines = _baselines(against)
    stack = load(str(file), environment=os.environ)
    its_layer = scaled_layer(stack, layer)
    candidates = [Candidate(_name(file, bool(policy)), policy_of(its_layer))]
    for other in policy or ():
        found = scaled_layer(load(str(other), environment=os.environ), layer)
        candidates.append(Candidate(_name(other, several=True), policy_of(found)))
    boots = (60 * boot,) if boot is not None else _measured(stack, [each.name for each in members(stack, its_layer)])
    its = setting(
        stack,
        its_layer,
        [candidate.policy for candidate in candidates],
        Habits(configure=configure) if not boots else Habits(boots, configure=configure),
        seed,
    )
    if metrics == _RECORDED:
        demand = _recorded(stack, its_layer.name, list(its.instances), days)
    else:
        demand = _demand(metrics, len(its.instances), days, seed)
    outcomes = list(compared(candidates, baselines, demand, its))
    heading = (
        f"{stack.name}/{its_layer.name}: {len(its.instances)} instances, {demand.name}, "
        f"{_duration(len(demand.work))}, {_booting(its.habits.boots, measured=boot is None and bool(boots))}"
    )
    if picture is not None:
        from stackward.simulator.load.picture import draw

        draw(outcomes, demand.work, its.limit, heading, picture)
    if output is Form.JSON:
        print_json({"stack": stack.name, "layer": its_layer.name, "metrics": demand.name, **_data(outcomes, its)})
    else:
        _say(heading, outcomes, its.limit)


def _measured(stack: Stack, names: Sequence[str]) -> tuple[float, ...]:
    """Return how many seconds starts of these instances have taken, as far as the journal tells."""
    from stackward.cli.opening import Known
    from stackward.scaling.past import ENTRIES, KINDS, pasts

    known = Known(stack)
    try:
        histories = known.store.histories(stack.name, names, KINDS, ENTRIES) if known.store else {}
    finally:
        known.close()
    return tuple(seconds for past in pasts(histories).values() for seconds in past.starts)


def _recorded(stack: Stack, layer: str, names: Sequence[str], days: int) -> Demand:
    """Return what was measured of these instances in the last days, as far as it is still kept."""
    from datetime import UTC, datetime, timedelta

    from stackward.cli.opening import Known
    from stackward.definition.load_scaling import CPU
    from stackward.simulator.load.recorded import measured

    known, now = Known(stack), datetime.now(UTC)
    try:
        since = now - timedelta(days=days)
        samples = (
            known.store.samples(stack.name, since, now, metrics=[CPU], subjects=names)
            if known.store is not None
            else ()
        )
    finally:
        known.close()
    return measured(samples, f"{stack.name}/{layer} as measured")


def _booting(boots: Sequence[float], *, measured: bool) -> str:
    from stackward.cli.moments import span

    shortest, longest = span(min(boots)), span(max(boots))
    took = shortest if shortest == longest else f"{shortest} to {longest}"
    return f"{took} to boot" + (f" (of {len(boots)} measured)" if measured else "")


def _baselines(against: str) -> list[str]:
    from stackward.simulator.load.trial import BASELINES, TrialError

    chosen = [name.strip() for name in against.split(",") if name.strip()]
    for name in chosen:
        if name not in BASELINES:
            raise TrialError(f"--against {name}: there is nothing of this name; write {' or '.join(BASELINES)}.")
    return chosen


def _name(file: Path, several: bool) -> str:
    return file.name.removesuffix(".yml").removesuffix(".yaml").removesuffix(".stack") if several else "stackward"


def _demand(metrics: str, instances: int, days: int, seed: int) -> Demand:
    from stackward.simulator.load.demand import DAY, NAMES, made_up
    from stackward.simulator.load.recorded import recorded
    from stackward.simulator.load.trial import TrialError

    if metrics in NAMES:
        return made_up(metrics, instances, days * DAY, seed)
    file = Path(metrics)
    if not file.is_file():
        raise TrialError(
            f"--metrics {metrics}: there is no such file, and what is made up is {', '.join(NAMES)}; "
            "what was measured is recorded."
        )
    with file.open(encoding="utf-8", errors="replace", newline="") as lines:
        return recorded(lines, file.name, days * DAY)


def _duration(minutes: int) -> str:
    from stackward.cli.moments import span

    days, rest = divmod(minutes, 24 * 60)
    return span(60 * minutes) if rest else f"{days} day{'' if days == 1 else 's'}"


def _data(outcomes: Sequence[Outcome], its: Setting) -> dict[str, Any]:
    fields = [name for name in type(outcomes[0]).__dataclass_fields__ if name != "course"]
    return {
        "limit": its.limit,
        "boots": its.habits.boots,
        "outcomes": [{name: getattr(outcome, name) for name in fields} for outcome in outcomes],
    }


def _say(heading: str, outcomes: Sequence[Outcome], limit: float) -> None:
    from rich.table import Table

    found = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    found.add_column("POLICY", no_wrap=True)
    for column in ("HOURS", f"> {limit:g} %", "> 100 %", "REVERSALS", "STARTS", "STOPS", "AT WORK"):
        found.add_column(column, justify="right", no_wrap=True)
    for outcome in outcomes:
        found.add_row(
            outcome.controller,
            f"{outcome.instance_hours:,.0f}",
            f"{outcome.breach_minutes:,} min",
            f"{outcome.overload_minutes:,} min",
            str(outcome.reversals),
            str(outcome.starts),
            str(outcome.stops),
            f"{outcome.least}-{outcome.most}",
        )
    screen = console()
    screen.print(heading, soft_wrap=True)
    screen.print(found)
