"""Whatever a stack file has become while its instances were at anything: every decision is made, and can be told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from stackward.definition.database import Database, DatabaseEngine
from stackward.definition.load_scaling import DEFAULT
from stackward.definition.model import (
    App,
    Instance,
    InstanceType,
    Layer,
    Pool,
    ProviderChoice,
    Source,
    SourceType,
    Volume,
)
from stackward.definition.resources import BalancerType, Ingress, LoadBalancer
from stackward.engine import scaling
from stackward.healing import decide as healing
from stackward.known_resource import KnownResource, ResourceKind
from stackward.lifecycle.events import Event
from stackward.lifecycle.health import Answer, Remedy, Witness
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.metrics.sample import Sample
from stackward.planner import Observations, decide
from stackward.presentation.healing import healing_lines
from stackward.presentation.plan import plan_lines
from stackward.presentation.resources import resource_lines
from stackward.presentation.scaling import load_lines, scaling_lines
from stackward.resources import decide as resources
from stackward.resources import leftovers, membership, overview
from stackward.resources.sight import AddressSeen, DatabaseSeen, Group, Groups, Seen
from stackward.rollout import contents, drift, sequence, straight
from stackward.rollout.turns import UNCHANGED, WAVE
from stackward.scaling.load.observing import Heard
from stackward.state.records import (
    AppRelease,
    Claim,
    Command,
    CommandStatus,
    Deployment,
    InstanceRecord,
    MachineRecord,
    Maintenance,
    Pause,
    Request,
    Rollout,
    RolloutStatus,
    Sighting,
    StackState,
)
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
AGO = NOW - timedelta(hours=1)
LAYERS = ("lb", "web", "db")
INSTANCES = ("lb1", "web1", "web2", "db1", "owned1")
APPS = ("storefront", "blog")
BALANCERS = (LoadBalancer(BalancerType.TARGET_GROUP, "front"), LoadBalancer(BalancerType.CLASSIC, "old", 80))
RULES = (Ingress("tcp", 80, 80, network="0.0.0.0/0"), Ingress("tcp", 5432, 5432, network="10.0.0.0/8"))
OWNED = ProviderChoice("static")

some_layers = st.lists(st.sampled_from(LAYERS), unique=True).map(tuple)


@st.composite
def layers(draw, name):
    by_load = draw(st.booleans())
    return Layer(
        name,
        uses=draw(st.sampled_from([None, "haproxy", "python_app", "postgresql"])),
        load_scaling=DEFAULT if by_load else None,
        pool=draw(st.sampled_from([None, Pool(1)])) if by_load else None,
        load_balancers=tuple(draw(st.sets(st.sampled_from(BALANCERS)))),
        ingress=draw(st.sampled_from([None, (), RULES])),
        volumes=draw(st.sampled_from([(), (Volume("/srv", 5),), (Volume("/srv", 5, keep=False),)])),
    )


@st.composite
def stacks(draw):
    """A file of which anything may have been taken since: only what the loader would refuse is not in it."""
    having = draw(st.lists(st.sampled_from(LAYERS), min_size=1, unique=True))
    every = {name: draw(layers(name)) for name in having}
    instances = {}
    for name in draw(st.lists(st.sampled_from(INSTANCES), unique=True)):
        owned = name == "owned1"
        its = draw(st.lists(st.sampled_from(having), min_size=0 if owned else 1, unique=True))
        instances[name] = Instance(
            name,
            tuple(its),
            type=draw(st.sampled_from([InstanceType.ALWAYS] if owned else [InstanceType.ALWAYS, InstanceType.LOAD])),
            elastic_ip=not owned and draw(st.booleans()),
            provider=OWNED if owned else None,
        )
    apps = {
        name: App(name, tuple(draw(st.lists(st.sampled_from(having), unique=True))), Source(SourceType.DIRECTORY, "/x"))
        for name in draw(st.lists(st.sampled_from(APPS), unique=True))
    }
    databases = {"main": Database("main", DatabaseEngine.MYSQL, "main")} if draw(st.booleans()) else {}
    return replace(
        small_stack(apps=False), layers=every, instances=instances, apps=apps, databases=databases,
        provider=ProviderChoice(draw(st.sampled_from(["ec2", "container"]))),
    )  # fmt: skip


@st.composite
def records(draw, name):
    state = draw(st.sampled_from(State))
    request = st.builds(
        Request, st.sampled_from(Desired), st.sampled_from(Initiator), st.just("why"), st.just(AGO),
        st.sampled_from([None, *Remedy]),
    )  # fmt: skip
    return InstanceRecord(
        name,
        draw(some_layers),
        state,
        AGO,
        draw(st.none() | request),
        draw(st.sampled_from([None, MachineRecord("t", 1, {}), MachineRecord("t", 1, {}, f"i-{name}", "192.0.2.1")])),
        configured=draw(st.integers(-1, 5)),
        reboot_wanted=draw(st.booleans()),
        apps=tuple(
            AppRelease(
                app, "1", "abc", draw(st.sampled_from(["", "x"])), hooks=draw(st.sampled_from([None, {"h": "1"}]))
            )
            for app in draw(st.sets(st.sampled_from(APPS)))
        ),
        ran=draw(st.sampled_from([{}, {Event.SETUP: {"role motd of web": "1"}}])),
        uses=draw(st.sampled_from([{}, {"web": "python_app", "gone": "haproxy"}])),
    )


@st.composite
def commands(draw, number, instance):
    batch = draw(st.integers(1, 3))
    event = draw(st.sampled_from([*(event.value for event in Event), "run_recipes"]))
    rolling = event == "deploy" and draw(st.booleans())
    arguments = {"app": draw(st.sampled_from(APPS))} if event in ("deploy", "undeploy") else {}
    if rolling:
        arguments |= {WAVE: draw(st.integers(1, 3)), UNCHANGED: draw(st.booleans())}
    status = draw(st.sampled_from([CommandStatus.PENDING, CommandStatus.RUNNING]))
    return Command(number, batch, instance, event, arguments, Initiator.USER, "why", False, status, AGO)


@st.composite
def states(draw):
    found = {name: draw(records(name)) for name in draw(st.lists(st.sampled_from(INSTANCES), unique=True))}
    asked = tuple(
        draw(commands(number, draw(st.sampled_from(sorted(found)))))
        for number in range(draw(st.integers(0, 5)))
        if found
    )
    rolling = {command.batch: command.arguments["app"] for command in asked if WAVE in command.arguments}
    rollouts = {
        batch: Rollout(
            batch, app, "deploy", "2", "def", "1", "abc",
            draw(st.sampled_from([RolloutStatus.RUNNING, RolloutStatus.FAILING])),
            "anna", "why", "host", 1, 1.0, AGO, batch,
        )
        for batch, app in rolling.items()
    }  # fmt: skip
    claims = {
        name: Claim(name, 1, "run", "host", 1, 1.0, 1, AGO, draw(st.sampled_from([AGO, NOW + timedelta(hours=1)])))
        for name in draw(st.sets(st.sampled_from(INSTANCES)))
        if name in found
    }
    live = {app: draw(st.sampled_from(["", "1", "2"])) for app in draw(st.sets(st.sampled_from(APPS)))}
    return StackState(
        "shop",
        5,
        found,
        claims,
        asked,
        {app: Deployment(app, release, "abc", AGO) for app, release in live.items()},
        maintenance={name: Maintenance(name, "why", "anna", AGO) for name in draw(st.sets(st.sampled_from(INSTANCES)))},
        rollouts=rollouts,
        pauses={"healing": Pause("healing", "why", "anna", AGO)} if draw(st.booleans()) else {},
    )


@settings(deadline=None)
@given(stacks(), states(), st.none() | st.just(contents.Contents({})))
def test_a_plan_is_made_and_told(stack, state, now_run):
    plan = decide(stack, state, Observations(), NOW)
    assert plan_lines(stack, plan, state, now_run)
    straight.winding(stack, state)
    for batch in sequence.sequence(sequence.left(stack, state, lambda _name: True)):
        assert set(batch) <= stack.instances.keys()
    for record in state.instances.values():
        drift.departed(stack, record)
        drift.gone(stack, record, record.layers)
        if record.name in stack.instances:
            drift.leaving(stack, record)


@st.composite
def known_resources(draw):
    every = [
        *(membership.membership(balancer, f"i-{name}", name) for balancer in BALANCERS for name in INSTANCES),
        *(leftovers.volume(name, "/srv", keep=keep) for name in INSTANCES for keep in (True, False)),
        *(leftovers.address(name) for name in INSTANCES),
        *(KnownResource(ResourceKind.SECURITY_GROUP, name) for name in LAYERS),
        KnownResource(ResourceKind.DATABASE, "main", {"engine": "mysql", "database": "main"}),
    ]
    return draw(st.lists(st.sampled_from(every), unique_by=lambda item: (item.kind, item.name)))


@st.composite
def sights(draw):
    made = {name: Group(f"sg-{name}", frozenset(RULES[:1])) for name in draw(st.sets(st.sampled_from(LAYERS)))}
    having = st.frozensets(st.sampled_from(["sg-other", *(group.id for group in made.values())]))
    addresses = st.sampled_from([AddressSeen("192.0.2.9"), AddressSeen("192.0.2.9", "i-other")])
    members = st.dictionaries(st.sampled_from([f"i-{name}" for name in (*INSTANCES, "other")]), st.just("healthy"))
    return Seen(
        members=draw(st.dictionaries(st.sampled_from([item.key for item in BALANCERS]), members)),
        groups=Groups(made, {f"i-{name}": draw(having) for name in draw(st.sets(st.sampled_from(INSTANCES)))}),
        databases={"main": DatabaseSeen("available", "db.test", 3306)} if draw(st.booleans()) else {},
        addresses=draw(st.none() | st.dictionaries(st.sampled_from(INSTANCES), addresses)),
        volumes=draw(st.none() | st.dictionaries(st.sampled_from(INSTANCES), st.just({"/srv": frozenset({"i-web1"})}))),
    )


@settings(deadline=None)
@given(stacks(), states(), known_resources(), sights(), st.frozensets(st.sampled_from(INSTANCES)), st.booleans())
def test_resources_are_decided_and_told(stack, state, known, seen, reachable, allow_destroy):
    resources.query(stack, known)
    changes = resources.decide(stack, state, known, seen, reachable, allow_destroy=allow_destroy)
    resource_lines(stack, changes)
    overview.balancers(stack, state, known)
    overview.databases(stack, known)
    overview.database_places(stack, known)


@settings(deadline=None)
@given(stacks(), states(), st.lists(st.builds(
    Sighting, st.sampled_from(INSTANCES), st.sampled_from(Witness), st.sampled_from(Answer), st.just("so"),
    st.just(NOW), st.just(AGO),
)), st.none() | st.just(AGO))  # fmt: skip
def test_healing_is_decided_and_told(stack, state, sightings, listening):
    healing_lines(stack, healing.decide(stack, state, sightings, {}, (), NOW, listening), only_look=True)


@settings(deadline=None)
@given(stacks(), states(), st.lists(st.builds(
    Sample, st.sampled_from([*INSTANCES, "layer_web"]), st.just("cpu"), st.just(NOW), st.sampled_from([0.0, 99.0]),
)))  # fmt: skip
def test_scaling_is_decided_and_told(stack, state, samples):
    look = scaling.look(stack, state, {}, scaling.Remembered(heard=Heard(samples)), NOW)
    scaling_lines(stack, look.decision)
    load_lines(stack, look.load)
