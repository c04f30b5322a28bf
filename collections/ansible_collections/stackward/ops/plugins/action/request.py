# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes down what somebody wants of a stack."""

from __future__ import annotations

import os

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.stackward.ops.plugins.plugin_utils import given, recipes, session, targeting, workers

from stackward.engine import deployments, opening, process, requests, rollouts
from stackward.errors import StackwardError
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.rollout import actions, setups
from stackward.state.records import Deployment

STATES = {
    "registered": Desired.REGISTERED,
    "started": Desired.ONLINE,
    "stopped": Desired.STOPPED,
    "terminated": Desired.TERMINATED,
    "deregistered": Desired.TERMINATED,
}
APP_ACTIONS = {f"{action}_app": action for action in actions.ACTIONS}
ABOUT_AN_APP = ("deploy", "rollback", "undeploy", *APP_ACTIONS)
ROLLOUTS = ("deploy", "rollback", *APP_ACTIONS)
ABOUT_OWNED = ("registered", "deregistered")
EVENTS = ("setup", "configure", "deploy", "undeploy", "shutdown", "run_recipes")

workers.prepare()


class ActionModule(ActionBase):
    """Request states and events of instances."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Write the request, or in check mode show what would follow from it."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(
            argument_spec={
                "want": {"type": "str", "required": True, "choices": [*STATES, "rebooted", *EVENTS, *ROLLOUTS[1:]]},
                "stack": {"type": "str"},
                "instance": {"type": "list", "elements": "str"},
                "layer": {"type": "list", "elements": "str"},
                "app": {"type": "str"},
                "revision": {"type": "str"},
                "batch": {"type": "str"},
                "release": {"type": "str"},
                "recipes": {"type": "list", "elements": "raw"},
                "attributes": {"type": "dict", "default": {}},
                "force": {"type": "bool", "default": False},
                "reason": {"type": "str"},
            }
        )
        try:
            asked = self._request(targeting.listed(arguments), task_vars)
        except StackwardError as error:
            raise AnsibleActionFail(str(error)) from None
        changed = any(entry["asked"] for entry in asked.values())
        return {**result, "changed": changed, **self._shown(asked)}

    @staticmethod
    def _shown(asked):
        imagined = {name: entry["imagined"] for name, entry in asked.items() if "imagined" in entry}
        return {"stacks": {name: entry["targets"] for name, entry in asked.items()}, "imagined": imagined}

    def _request(self, arguments, task_vars):
        about_an_app = arguments["want"] in ABOUT_AN_APP
        taken = {key: value for key, value in arguments.items() if key != "batch" or arguments["want"] == "setup"}
        given.check(self._loader, taken, task_vars, given.TARGETS if about_an_app else given.TARGETS[:3])
        if STATES.get(arguments["want"]) is Desired.TERMINATED and not (arguments["instance"] or arguments["layer"]):
            raise AnsibleActionFail(
                f"Name what is to be {arguments['want']}: with --instance or --layer; of a playbook with "
                "-e instance=… or -e layer=…. Nothing was asked for."
            )
        if arguments["force"] and arguments["want"] != "stopped":
            raise AnsibleActionFail("Only a stop can be by force. Nothing was asked for.")
        stacks = targeting.chosen(arguments, session.stacks_in(task_vars))
        if about_an_app and any(stack.apps for stack in stacks):
            stacks = [stack for stack in stacks if stack.apps]
        owner = process.owner(os.getppid())
        arguments["reason"] = arguments["reason"] or f"{owner.user} asked"
        apps = {s.name: requests.app_of(s, arguments["app"]).name if about_an_app else None for s in stacks}
        meant = [(stack, targeting.names(arguments, stack, apps[stack.name])) for stack in stacks]
        asked = {}
        for stack, names in meant:
            if arguments["want"] == "started":
                idle = requests.without_layers(stack, names, named=bool(arguments["instance"]))
                names = tuple(name for name in names if name not in idle)
            if arguments["want"] == "started" and not arguments["instance"]:
                names = self._without_scaled(stack, names)
            if arguments["want"] == "started":
                self._openable(stack, names)
            if arguments["want"] in ABOUT_OWNED:
                names = requests.owned(stack, names, named=bool(arguments["instance"]))
            asked[stack.name] = self._one(stack, names, arguments, f"{owner.user} on {owner.host.partition('/')[0]}")
        return asked

    def _one(self, stack, names, arguments, actor):
        store = session.store_of(stack)
        want, reason, now = arguments["want"], arguments["reason"], session.now()
        details = self._details(stack, store, arguments, now) if want in (*EVENTS, *ROLLOUTS) else {}
        if self._task.check_mode:
            if want == "rebooted":
                known = store.snapshot(stack.name).instances
                self._say_left_out(
                    stack, names, [name for name in names if requests.may_reboot(known.get(name))], "reboot"
                )
            return {
                "asked": [],
                "targets": list(names),
                "imagined": {"want": APP_ACTIONS.get(want, want), "arguments": details},
            }
        if want in STATES:
            asked = requests.request_state(
                store,
                stack,
                names,
                STATES[want],
                initiator=Initiator.USER,
                reason=reason,
                actor=actor,
                now=now,
                force=arguments["force"],
            )
        elif want == "rebooted":
            asked = requests.request_reboot(store, stack, names, reason=reason, actor=actor, now=now)
            self._say_left_out(stack, names, asked, "reboot")
        elif want in ROLLOUTS:
            asked = self._deploy(stack, store, names, arguments, details, actor, now)
        else:
            asked = requests.request_event(store, stack, names, want, details, reason=reason, actor=actor, now=now)
            self._say_left_out(stack, names, asked, want)
        return {"asked": list(asked), "targets": list(names)}

    @staticmethod
    def _openable(stack, names):
        """Refuse a start whose Setup would fail once its machines are there."""
        known = session.store_of(stack).snapshot(stack.name).instances
        coming = [name for name in names if name not in known or known[name].state is not State.ONLINE]
        try:
            opening.check(stack, coming, session.decrypt)
        except StackwardError as error:
            raise AnsibleActionFail(f"{stack.name}: {error} Nothing was asked for.") from None

    @staticmethod
    def _wanted(stack, store, app, arguments, now):
        """Return the release that is meant, with its code on this controller."""
        state = store.snapshot(stack.name)
        if arguments["want"] == "deploy":
            return deployments.wanted(store, stack, state, app, now, arguments["revision"])
        if arguments["want"] in APP_ACTIONS:
            return deployments.at_work(stack, state, app)
        found = deployments.earlier(store, stack, state, app, arguments["release"] or arguments["revision"])
        deployments.archive(stack, app, found)
        return found

    def _deploy(self, stack, store, names, arguments, details, actor, now):
        app = requests.app_of(stack, arguments["app"])
        wanted = rollouts.Wanted(
            Deployment(app.name, details["release"], details["revision"], now),
            kind=APP_ACTIONS.get(arguments["want"], arguments["want"]),
            reason=arguments["reason"],
            asker=rollouts.Asker(actor, process.owner(os.getppid())),
            attributes=arguments["attributes"],
            migrates=details.get("migrates", False),
        )
        asked = rollouts.request_rollout(store, stack, app, names, wanted, now)
        self._say_left_out(stack, names, asked, arguments["want"])
        try:
            deployments.prune(store, stack, app, now)
        except StackwardError as error:
            # The deploy itself is not the worse for it.
            self._display.warning(str(error))
        return asked

    def _without_scaled(self, stack, names):
        """Leave out those that scaling starts: a person who means one of them names it."""
        left = requests.left_to_scaling(stack, names)
        if left:
            self._display.display(f"{stack.name}: left to scaling: {', '.join(left)}")
        return tuple(name for name in names if name not in left)

    def _say_left_out(self, stack, names, asked, want):
        left = [name for name in names if name not in asked]
        if left:
            self._display.display(f"{stack.name}: no {want} on {', '.join(left)}: not online")

    def _details(self, stack, store, arguments, now):
        details = {}
        if arguments["attributes"]:
            details["attributes"] = arguments["attributes"]
        if arguments["want"] in ABOUT_AN_APP:
            app = requests.app_of(stack, arguments["app"])
            details["app"] = app.name
            if arguments["want"] in ROLLOUTS:
                wanted = self._wanted(stack, store, app, arguments, now)
                details.update(release=wanted.release, revision=wanted.revision)
                if arguments["want"] == "deploy":
                    details["migrates"] = deployments.is_to_migrate(store, stack, app, wanted)
                self._display.display(f"{stack.name}: {app.name} {wanted.revision[:12]} as release {wanted.release}")
        if arguments["want"] == "setup" and arguments["batch"] is not None:
            details[setups.SIZE] = given.typed_size(arguments["batch"])
        if arguments["want"] == "run_recipes":
            if not arguments["recipes"]:
                raise AnsibleActionFail("Name the recipes to run: -e recipes=my_role,recipes/tasks.yml.")
            details["recipes"] = [
                recipes.found(stack, recipes.named(stack, recipe), "main") for recipe in arguments["recipes"]
            ]
        return details
