"""However deploys, healing and scaling meet: together they take no more of a layer away than it allows."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stackward import blast_radius
from stackward.definition.model import Healing, Instance, Layer
from stackward.healing import decide as healing
from stackward.lifecycle.health import Answer, Remedy, Witness
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.planner import Action, Observations, decide
from stackward.state.records import (
    Command,
    CommandStatus,
    Request,
    Rollout,
    RolloutStatus,
    Sighting,
    StackState,
)
from tests.stacks import small_stack
from tests.unit.healing.fleet import NOW, before, record

PERSON = {"app": "storefront", "release": "r2", "revision": "v2"}
STEPS = st.lists(st.sampled_from(["deploy", "deployed", "heal", "healed", "scale", "scaled"]), min_size=4, max_size=30)


class Story:
    """A layer while a rollout, deaths and scaling go on in it."""

    def __init__(self, size: int, batch: int, share: float) -> None:
        names = [f"web{number}" for number in range(size)]
        self.stack = replace(
            small_stack(dict.fromkeys(names, ("web",))),
            layers={"web": Layer("web", healing=Healing(after=60.0, share=share))},
            instances={name: Instance(name, ("web",)) for name in names},
        )
        self.allowed = max(1, int(size * share))
        self.batch = batch
        commands = tuple(
            Command(
                place + 1,
                1,
                name,
                "deploy",
                {**PERSON, "wave": place // batch + 1},
                Initiator.USER,
                "asked",
                False,
                CommandStatus.PENDING,
                NOW,
            )
            # Nobody is healed to whom a release is on its way, so some get none.
            for place, name in enumerate(names[: size // 2])
        )
        rollout = Rollout(
            1, "storefront", "deploy", "r2", "v2", "r1", "v1", RolloutStatus.RUNNING, "anna", "asked", "ctl", 1, 1.0,
            NOW, 1,
        )  # fmt: skip
        records = {name: replace(record(name), configured=3) for name in names}
        self.state = StackState("shop", 3, records, {}, commands, {}, rollouts={1: rollout})

    def deploying(self) -> set[str]:
        return {item.instance for item in self.state.commands if item.status is CommandStatus.RUNNING}

    def change(self, name: str, **changes: object) -> None:
        changed = replace(self.state.instances[name], **changes)
        self.state = replace(self.state, instances={**self.state.instances, name: changed})

    def deploy(self, _name: str) -> None:
        plan = decide(self.stack, self.state, Observations(), NOW)
        begun = {move.instance for move in plan.moves if move.action is Action.DEPLOY}
        over = {item.command for item in plan.settled}
        commands = (
            replace(item, status=CommandStatus.RUNNING) if item.instance in begun else item
            for item in self.state.commands
            if item.id not in over
        )
        self.state = replace(self.state, commands=tuple(commands))

    def deployed(self, _name: str) -> None:
        done = self.deploying()
        self.state = replace(self.state, commands=tuple(c for c in self.state.commands if c.instance not in done))

    def heal(self, name: str) -> None:
        dead = {Witness.SSH: Answer.SILENT, Witness.PEER: Answer.SILENT}
        sightings = [
            Sighting(each, witness, answer, "", NOW, before(hours=1))
            for each in self.state.instances
            for witness, answer in (dead if each == name else {Witness.SSH: Answer.ALIVE}).items()
        ]
        found = healing.decide(self.stack, self.state, sightings, {}, frozenset(), NOW)
        for heal in found.heals:
            request = Request(Desired.ONLINE, Initiator.AUTO_HEALING, heal.reason, NOW, Remedy.REBOOT)
            self.change(heal.instance, state=State.CONNECTION_LOST, request=request)

    def healed(self, _name: str) -> None:
        for name in blast_radius.in_healing(self.state):
            self.change(name, state=State.ONLINE, request=None)

    def scale(self, name: str) -> None:
        known = self.state.instances[name]
        free = known.state is State.ONLINE and known.request is None
        if free and not blast_radius.leaving(self.state) and not blast_radius.staying(self.stack, self.state, {name}):
            self.change(name, request=Request(Desired.STOPPED, Initiator.AUTO_SCALING, "little load", NOW))

    def scaled(self, _name: str) -> None:
        for name in blast_radius.leaving(self.state):
            self.change(name, state=State.STOPPED, request=None)


@given(st.integers(3, 24), st.integers(1, 6), st.sampled_from([0.0, 0.1, 0.34, 0.5]), STEPS, st.data())
def test_deploy_healing_and_scale_in_keep_to_one_budget(size, batch, share, steps, data):
    story = Story(size, batch, share)
    for step in steps:
        getattr(story, step)(data.draw(st.sampled_from(sorted(story.state.instances))))
        healed, leaving = blast_radius.in_healing(story.state), blast_radius.leaving(story.state)
        kinds = [its for its in (story.deploying(), healed, leaving) if its]
        down = set().union(*kinds)
        # Who alone takes something away keeps to what it was told: a deploy to its batch, scaling to its step of one.
        assert len(down) <= (story.allowed if len(kinds) > 1 else max(story.allowed, batch))
