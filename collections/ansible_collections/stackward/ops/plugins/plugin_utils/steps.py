# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps of a deploy to one instance, as plain data for the playbooks."""

from __future__ import annotations

from ansible_collections.stackward.ops.plugins.plugin_utils import recipes

from stackward.lifecycle.events import Event


def of_deploy(stack, app, layers, balancers, listed, *, bare=False):
    """Return what is done on an instance, in order: its own steps, with the user's hooks and recipes between them.

    Where nothing of the user's comes between a release and its health check, both are one call. C(bare) leaves out all
    that is the user's: a restart is no deploy.
    """

    def hooks(name):
        found = [recipes.found(stack, recipe, name) for recipe in app.deploy.hooks.get(name, ()) if not bare]
        return [{"do": "recipes", "title": name, "recipes": found}] if found else []

    own = [] if bare else listed(stack, layers, Event.DEPLOY)
    between = [*hooks("after_release"), *_own(own), *hooks("before_check")]
    drain = [{"do": "drain", "title": "drain"}] if balancers else []
    serve = [{"do": "serve", "title": "serve"}] if balancers else []
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


def _own(found):
    return [{"do": "recipes", "title": "deploy", "recipes": found}] if found else []
