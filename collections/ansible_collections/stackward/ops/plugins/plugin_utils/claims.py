# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Claims in one stack what a look may do there, and says what is planned."""

from __future__ import annotations

from pathlib import Path

from ansible.utils.display import Display
from ansible_collections.stackward.ops.plugins.plugin_utils import rounds, session, waiting

from stackward import provider_choice
from stackward.engine import connecting, contents
from stackward.engine.claiming import claim
from stackward.engine.phases import Phase
from stackward.presentation.plan import plan_lines
from stackward.rollout import due
from stackward.rollout.sequence import left


def add(look, found, phase, stack, scope):
    """Add to what is found what a phase claims in this stack."""
    store = session.store_of(stack)
    run = found.runs.get(stack.name)
    if phase is Phase.MOVE and scope.instances is not None and stack.name not in look.begun:
        waiting.for_others(look, store, stack, scope)
    if phase in (Phase.DEPLOY, Phase.SET_UP):
        waiting.for_room(look, store, stack, scope, run)
    look.check_that_the_run_lasts()
    done = claim(
        store,
        stack,
        scope,
        phase,
        look.claimant(run),
        text=lambda: Path(stack.path).read_text(encoding="utf-8"),
        now=session.now(),
    )
    # Who has changed resources, or has moved somebody before, did have something to do.
    says = phase is Phase.MOVE and not (done.plan.empty and run is not None)
    would_run = contents.contents(stack, session.role_places()) if says or done.claimed else None
    if says:
        say(stack, done.plan, done.state, would_run)
    claimed = rounds.entries(due.as_set_up(stack, done.state), done, would_run)
    found.instances.update(claimed)
    if phase is Phase.MOVE:
        found.roll(stack, done.state, left(stack, done.state, scope.covers))
        found.set_up(done.plan, done.state.commands, patient=scope.instances is not None and not look.begun)
    for name in (*claimed, *found.rolling, *found.setting_up):
        if name in done.state.instances:
            found.reached[name] = reached(stack, name, done.state.instances[name].machine)
    if done.run is not None:
        found.runs[stack.name] = done.run


def reached(stack, name, machine):
    """Return what an inventory has to know of an instance: its group, and how its machine is reached."""
    variables = connecting.variables(provider_choice.choice(stack, name, machine), machine)
    return {"name": name, "group": stack.name.replace("-", "_"), "reached": variables}


def say(stack, plan, state, would_run):
    """Show a plan."""
    for line in plan_lines(stack, plan, state, would_run):
        Display().display(line)
