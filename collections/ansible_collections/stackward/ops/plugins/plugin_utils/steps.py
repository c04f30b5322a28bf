# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps of a deploy to one instance, or of its Setup, as plain data for the playbooks.

A task that is skipped costs a process on every host, so there is no step for what is not there.
"""

from __future__ import annotations

from ansible_collections.stackward.ops.plugins.plugin_utils import recipes

from stackward.definition.model import Connection
from stackward.lifecycle.events import Event


def of_deploy(stack, app, layers, balancers, fronts, listed, *, bare=False, recheck=False):
    """Return what is done on an instance, in order: its own steps, with the user's hooks and recipes between them.

    C(balancers) are those of the stack in front of it, C(fronts) those of its provider. Where nothing of the user's
    comes between a release and its health check, both are one call. C(bare) leaves out all that is the user's: a
    restart is no deploy. With C(recheck) the balancers of the stack are the first who ask how the release is, so what
    they have found of the one before does not count.
    """

    def hooks(name):
        found = [recipes.found(stack, recipe, name) for recipe in app.deploy.hooks.get(name, ()) if not bare]
        return [{"do": "recipes", "title": name, "recipes": found}] if found else []

    own = [] if bare else listed(stack, layers, Event.DEPLOY)
    between = [*hooks("after_release"), *_own(own), *hooks("before_check")]
    drain = [*_step("drain", balancers), *_step("leave", fronts)]
    serve = [*({**step, "recheck": recheck} for step in _step("serve", balancers)), *_step("join", fronts)]
    check = [{"do": "check", "title": "check"}] if between else []
    return [
        *hooks("before_drain"),
        *drain,
        *hooks("after_drain"),
        *hooks("before_release"),
        {"do": "release", "title": "release", "check": not between},
        *between,
        *check,
        *hooks("after_check"),
        *hooks("before_serve"),
        *serve,
        *hooks("after_serve"),
    ]


def of_setup(recipes_of, fronted, mounts, *, starting, connection):
    """Return what brings a machine that runs online, in order.

    C(recipes_of) has the user's recipes by event. C(fronted) says whether load balancers stand before the instance: one
    that is C(starting) is in none of them yet, and gets into those of its provider alone. Over SSH the engine has
    waited for its machine; where the C(connection) is another, it must answer first.
    """
    return [
        *_step("answer", starting and connection is not Connection.SSH),
        *_step("drain", fronted and not starting),
        *_step("disks", mounts),
        *(_event(event, recipes_of[event.value]) for event in (Event.SETUP, Event.DEPLOY)),
        *_step("online", True),
        *_step("join" if starting else "ready", fronted),
    ]


def served_before_the_next(steps, balancers, fronts):
    """Return the steps of a Setup that others wait for: it is over when the instance gets requests again."""
    serve = [*_step("deploy_serve", balancers), *_step("deploy_join", fronts)]
    kept = [step for step in steps if step["do"] not in ("ready", "online")]
    return [*kept, *serve, *_step("online", True)]


def _event(event, found):
    """Return the step of an event; where it has no recipes it is one call."""
    how = "event_with_recipes" if found else "event_alone"
    return {"do": how, "title": event.value, "event": event.value, "recipes": found}


def _step(name, wanted):
    return [{"do": name, "title": name}] if wanted else []


def _own(found):
    return [{"do": "recipes", "title": "deploy", "recipes": found}] if found else []
