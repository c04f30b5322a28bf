# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which hosts each play that follows a look has."""

from __future__ import annotations

from dataclasses import dataclass

from stackward.planner import Action


@dataclass(frozen=True)
class Following:
    """What a look leaves to the plays after it, beside what it has claimed; each in the order of its batches."""

    worked: bool
    """Whether somebody comes or goes, so that a Configure may be due."""
    deploy: tuple[str, ...] = ()
    """Instances of rollouts, deployed to step by step."""
    deploy_straight: tuple[str, ...] = ()
    """Those where a deploy is one call each."""
    take_back: tuple[str, ...] = ()
    """Instances of a batch that is claimed still, as it has failed."""
    set_up: tuple[str, ...] = ()
    """Online instances that are set up again."""


def hosts(instances, runs, unlisted, following, *, again=False):
    """Return the hosts of each play that follows a claim, by what the play does; none for a play that has no work.

    A skipped task costs a process, a play without hosts nothing. Plays of instances take localhost along, so that they
    go on to their end, and the run with them, when every instance has failed. C(again) has a look after the next plays
    even without a run.
    """
    doing = {name: entry["action"] for name, entry in instances.items()}
    configuring = [name for name, action in doing.items() if action == Action.CONFIGURE.value]
    refreshing = [name for name, action in doing.items() if action == Action.REFRESH.value]
    with_recipes = [name for name in configuring if instances[name]["recipes"]["configure"]]
    deploying = [name for name, action in doing.items() if action == Action.DEPLOY.value]
    moving = [name for name in doing if name not in {*configuring, *refreshing, *deploying}]
    return {
        "decide": _controller(runs or again),
        "list": _controller(unlisted),
        "move": _accompanied(moving),
        "set_up": list(following.set_up),
        "close": _controller(moving or following.set_up),
        "look_after": _accompanied(refreshing),
        # A batch that is claimed already, and is one call each.
        "deploy_at_once": [name for name in deploying if name not in following.take_back],
        "take_back": list(following.take_back),
        "deploy_straight": list(following.deploy_straight),
        "deploy": list(following.deploy),
        # Where nothing moves, this look has claimed the Configure round already.
        "claim_configure": _controller(following.worked),
        "configure": _accompanied([name for name in configuring if name not in with_recipes]),
        "configure_with_recipes": _accompanied(with_recipes),
        "end": _controller(runs),
    }


def _controller(wanted):
    return ["localhost"] if wanted else []


def _accompanied(names):
    return [*names, "localhost"] if names else []
