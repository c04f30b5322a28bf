"""A PostgreSQL server: a database and a role for each app, reachable by the app's online instances only."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stackward.layers.built_in import BuiltInLayer, LayerSettings

Parameter = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_.]*$")]


class PostgresqlSettings(LayerSettings):
    """Settings of a database layer."""

    parameters: dict[Parameter, str | bool | int | float] = Field(
        default_factory=dict, description="Server parameters, as in postgresql.conf; they win over the layer's own."
    )


POSTGRESQL = BuiltInLayer(name="postgresql", settings=PostgresqlSettings, provides_database=True)
