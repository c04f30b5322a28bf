"""Python web applications: a virtual environment, an environment file and gunicorn under systemd for each app."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stackward.layers.built_in import BuiltInLayer, LayerSettings

Port = Annotated[int, Field(ge=1, le=65535)]
SharedFolder = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$")]


class PythonAppSettings(LayerSettings):
    """Settings of a layer of Python application servers."""

    module: str = Field(
        default="app:application",
        pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(\(\))?$",
        description="The WSGI application that gunicorn serves, as module:name.",
    )
    workers: int = Field(default=2, ge=1, le=256, description="Worker processes of each app.")
    port: Port = Field(default=8000, description="Port of the first app of the stack; the next ones count up.")
    ports: dict[str, Port] = Field(default_factory=dict, description="Apps with a port of their own, by app name.")
    healthcheck: Annotated[str, Field(pattern=r"^/[^\s\"'\\#]*$")] | None = Field(
        default="/", description="Path that must answer below 400 after a deploy; null for no check."
    )
    healthcheck_within: float = Field(default=30.0, gt=0, le=600, description="Seconds that the app has to answer.")
    shared: tuple[SharedFolder, ...] = Field(
        default=(), description="Folders of the app that outlive a release, relative to its source."
    )


PYTHON_APP = BuiltInLayer(name="python_app", settings=PythonAppSettings, runs_apps=True)
