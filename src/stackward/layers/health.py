"""What an instance must pass after a release before it gets requests again, where the app itself says it."""

from __future__ import annotations

from stackward.definition.model import CheckType
from stackward.layers.app_service import front_of
from stackward.layers.context import AppOnInstance, LayerContext
from stackward.layers.resources import Answers, Listens, Resource, Succeeds
from stackward.lifecycle.states import MEMBERS


def health(context: LayerContext) -> tuple[Resource, ...]:
    """Return the checks of the apps of the event that are to run.

    An instance on its way to online is admitted by the database only at the Configure that follows: there any answer
    will do, and no command is asked.
    """
    me = context.peers.get(context.instance.name)
    arriving = me is None or me.state not in MEMBERS
    front = front_of(context)
    checks = [_check(item, arriving=arriving, front=front) for item in context.apps if item.running]
    return tuple(check for check in checks if check is not None)


def _check(item: AppOnInstance, *, arriving: bool, front: str) -> Resource | None:
    wanted, within = item.app.deploy.health, item.app.deploy.within
    if wanted is None or (arriving and wanted.type is CheckType.COMMAND):
        return None
    name, unit = f"{item.app.name}: health check", f"{item.app.name}.service"
    if wanted.type is CheckType.TCP:
        return Listens(name=name, port=wanted.port, within=within, unit=unit, front=front)
    if wanted.type is CheckType.COMMAND:
        return Succeeds(name=name, command=wanted.command, within=within, unit=unit)
    url = f"http://127.0.0.1:{wanted.port}{wanted.path}"
    return Answers(name=name, url=url, within=within, any_status=arriving, unit=unit, front=front)
