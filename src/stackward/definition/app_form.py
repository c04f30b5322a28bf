"""The form of an app: where its code is, and how it is reached and deployed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stackward.definition import values
from stackward.definition.deploy_form import DeployForm
from stackward.definition.fields import Attributes, read, text
from stackward.definition.form import Form
from stackward.definition.model import Secret
from stackward.definition.source_form import SourceItem
from stackward.definition.tls_form import TlsForm

Domain = Annotated[str, *text(values.DOMAIN, "a host name", "shop.example.com")]
EnvironmentKey = Annotated[
    str, *text(values.ENVIRONMENT_KEY, "capital letters, digits and underscores, no digit first", "SECRET_KEY")
]
EnvironmentValue = Annotated[str | Secret, *read(values.environment_value, {"type": ["string", "number", "boolean"]})]


class AppForm(Form):
    """Code that runs on the instances of some layers."""

    layers: list[str] = Field(description="The layers that run the app.", examples=[["web"]], min_length=1)
    source: SourceItem = Field(
        description="Where the code is.", examples=[{"type": "git", "url": "https://git.example.com/storefront.git"}]
    )
    database: str | None = Field(default=None, description="The layer or the database that holds the app's data.")
    domains: list[Domain] = Field(default=[], description="Host names of the app.", examples=[["shop.example.com"]])
    tls: TlsForm | None = Field(
        default=None, description="HTTPS at the load balancers.", examples=[{"certificate": "generated"}]
    )
    environment: dict[EnvironmentKey, EnvironmentValue] = Field(
        default={}, description="Environment variables of the app.", examples=[{"LANGUAGE": "de"}]
    )
    attributes: Attributes = Field(description="Custom attributes of the app.")
    deploy: DeployForm = Field(default=DeployForm(), description="How it is deployed.", examples=[{"keep": 5}])
