"""Static sites: nginx serving the current release of each app by domain."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stackward.layers.built_in import BuiltInLayer, LayerSettings


class StaticWebSettings(LayerSettings):
    """Settings of a layer of static web servers."""

    port: Annotated[int, Field(ge=1, le=65535)] = Field(default=80, description="Port on which nginx answers.")


STATIC_WEB = BuiltInLayer(name="static_web", settings=StaticWebSettings, runs_apps=True)
