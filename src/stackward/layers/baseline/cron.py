"""Cron jobs of layers, on all of their instances or on one that is online."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from hashlib import sha256

from stackward.definition.baseline import CronJob
from stackward.layers.context import LayerContext
from stackward.layers.resources import Absent, File, Resource, Service
from stackward.lifecycle.states import MEMBERS

TABLE = "/etc/cron.d/stackward"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def cron(contexts: Sequence[LayerContext]) -> tuple[Resource, ...]:
    """Return the cron jobs of an instance, as one table."""
    lines = [line for context in contexts for line in _lines(context)]
    if not lines:
        return (Absent(name="cron jobs", path=TABLE),)
    content = f"SHELL=/bin/sh\nPATH={_PATH}\n" + "".join(lines)
    return (File(name="cron jobs", path=TABLE, content=content), Service(name="cron", unit="cron.service"))


def chosen(job: str, online: Collection[str]) -> str | None:
    """Return which of the online instances runs a job that one of them runs, None where nobody is online.

    Each job has an order of instances of its own (rendezvous hashing): jobs spread over the instances, and one moves
    only when its instance leaves the online set or a better one enters it.
    """
    return max(online, key=lambda instance: (sha256(f"{job}\0{instance}".encode()).digest(), instance), default=None)


def _lines(context: LayerContext) -> list[str]:
    online = {
        peer.name
        for peer in context.peers.values()
        if context.layer.name in peer.layers and peer.state in MEMBERS and peer.address is not None
    }
    jobs = [
        job
        for job in context.layer.baseline.cron
        if not job.on_one or chosen(f"{context.layer.name}/{job.name}", online) == context.instance.name
    ]
    return [_line(context.layer.name, job) for job in jobs]


def _line(layer: str, job: CronJob) -> str:
    # cron makes a new line of a percent sign.
    command = job.job.replace("%", "\\%")
    return f"# {layer}: {job.name}\n{job.at} {job.user} {command}\n"
