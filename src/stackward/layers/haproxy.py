"""The load balancer: HAProxy in front of the online instances of every app."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from stackward.layers.built_in import BuiltInLayer, LayerSettings, Sensitive

UrlPath = Annotated[str, Field(pattern=r"^/[^\s\"'\\#]*$")]
Port = Annotated[int, Field(ge=1, le=65535)]


class Statistics(LayerSettings):
    """HAProxy's statistics page. Without a password it is served on the instance itself only."""

    port: Port = Field(default=8404, description="Port of the statistics page.")
    user: str | None = Field(default=None, pattern=r"^[^\s:\"'\\#]+$", description="User name for the page.")
    password: Sensitive | None = Field(default=None, description="Password for the page.")

    @model_validator(mode="after")
    def _both_or_none(self) -> Statistics:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password belong together: give both or none")
        return self


class HaproxySettings(LayerSettings):
    """Settings of a load balancer layer."""

    port: Port = Field(default=80, description="Port on which the load balancer answers.")
    healthcheck: UrlPath = Field(default="/", description="Path that a healthy app answers with a status below 400.")
    balance: Literal["roundrobin", "leastconn", "source"] = Field(
        default="roundrobin", description="How requests are spread over the instances."
    )
    statistics: Statistics | None = Field(default=None, description="The statistics page; none unless given.")


HAPROXY = BuiltInLayer(name="haproxy", settings=HaproxySettings)
