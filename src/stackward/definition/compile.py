"""A stack file whose form and references are right, as the frozen model."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from stackward.definition import schedules
from stackward.definition.app_compile import app_of
from stackward.definition.baseline_compile import people
from stackward.definition.controller_form import ControllerForm, port_of
from stackward.definition.database import Database, DatabaseEngine
from stackward.definition.file_form import StackForm
from stackward.definition.instance_compile import instances_of, stack_provider
from stackward.definition.layer_compile import layer_of
from stackward.definition.layer_settings import own
from stackward.definition.model import (
    Controller,
    SourceChoice,
    Stack,
)
from stackward.definition.places import Places
from stackward.definition.state_url import folder_and_state


def compiled(form: StackForm, data: Any, *, path: str, digest: str, state: str | None) -> Stack:
    """Return the model of a checked file at `path` (absolute).

    `data` is what the form was made from; `state` is the address that wins over the file's.
    """
    places = Places.of(path)
    folder, address = folder_and_state(form.name, form.data, state or form.state, places)
    return Stack(
        name=form.name,
        path=path,
        data=folder,
        state=address,
        digest=digest,
        provider=stack_provider(form),
        layers={
            name: layer_of(name, layer, own(data["layers"][name]), places, schedules.capacity_of(data, name), form)
            for name, layer in form.layers.items()
        },
        instances=instances_of(form, data, places),
        apps={name: app_of(name, app, form, places) for name, app in form.apps.items()},
        timezone=form.timezone,
        attributes=form.attributes,
        people=people(form.users),
        controller=None if form.controller is None else _controller(form.controller, places),
        databases=_databases(form),
        retention=form.retention,
        metrics=_metrics(form),
    )


def _databases(form: StackForm) -> dict[str, Database]:
    """The databases that are no layers: all but those for which a layer stands."""
    return {
        name: Database(
            name=name,
            engine=DatabaseEngine(item.engine),
            database=item.name or name,
            host=item.host,
            port=item.port,
            user=item.user,
            password=item.password,
            size=item.size if item.size is not None else 20,
            version=item.version,
            options=item.provider.model_dump(),
        )
        for name, item in form.databases.items()
        if name not in form.layers
    }


def _controller(form: ControllerForm, places: Places) -> Controller:
    parts = urlsplit(form.url)
    tls = parts.scheme == "https"
    authority = places.path(form.authority or "../var/controller/authority.pem") if tls else ""
    return Controller(
        host=parts.hostname or "",
        port=port_of(form.url),
        path=parts.path.rstrip("/"),
        tls=tls,
        every=form.heartbeat,
        authority=authority,
        made=tls and form.authority is None,
    )


def _metrics(form: StackForm) -> dict[str, SourceChoice]:
    """Where measurements come from. A stack that says nothing has them from the layers that go by them, over SSH."""
    if form.metrics is not None:
        return {
            name: SourceChoice(name, item.type, item.every, dict(item.model_extra or {}))
            for name, item in form.metrics.items()
        }
    scaled = [name for name, layer in form.layers.items() if layer.scaling is not None]
    return {"ssh": SourceChoice("ssh", "ssh", options={"layers": scaled})} if scaled else {}
