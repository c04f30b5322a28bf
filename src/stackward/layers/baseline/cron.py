"""Cron jobs of layers, on all of their instances or on one that is online."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from hashlib import sha256

from stackward.definition.baseline import CronJob
from stackward.layers.context import LayerContext
from stackward.layers.resources import Absent, CronJobs, Resource, Service
from stackward.lifecycle.states import MEMBERS

TABLE = "/etc/cron.d/stackward"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def cron(contexts: Sequence[LayerContext]) -> tuple[Resource, ...]:
    """Return the cron jobs of an instance, as one table."""
    jobs = tuple(job for context in contexts for job in _jobs(context))
    if not jobs:
        return (Absent(name="cron jobs", path=TABLE),)
    head = f"SHELL=/bin/sh\nPATH={_PATH}\n"
    return (CronJobs(name="cron jobs", path=TABLE, head=head, jobs=jobs), Service(name="cron", unit="cron.service"))


def chosen(job: str, online: Collection[str]) -> str | None:
    """Return which of the online instances runs a job that one of them runs, None where nobody is online.

    Each job has an order of instances of its own (rendezvous hashing): jobs spread over the instances, and one moves
    only when its instance leaves the online set or a better one enters it.
    """
    return max(online, key=lambda instance: (sha256(f"{job}\0{instance}".encode()).digest(), instance), default=None)


def _jobs(context: LayerContext) -> list[dict[str, str]]:
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
    return [_job(context.layer.name, job) for job in jobs]


def _job(layer: str, job: CronJob) -> dict[str, str]:
    # cron makes a new line of a percent sign.
    command = job.job.replace("%", "\\%")
    text = f"# {layer}: {job.name}\n{job.at} {job.user} {command}\n"
    return {"name": f"{job.name} of {layer}", "user": job.user, "text": text}
