"""The stack file as a model: frozen, complete, free of I/O.

Everything that a person may leave out has its default filled in here; every duration is in seconds.
"""

from stackward.definition.model.apps import HOOKS, App, Batch, Deploying, Source, SourceType, Tls
from stackward.definition.model.checks import Check, CheckType
from stackward.definition.model.instances import Instance, InstanceType
from stackward.definition.model.layers import Healing, Layer, Pool
from stackward.definition.model.machines import OWNED, Connection, ProviderChoice, Volume
from stackward.definition.model.recipes import Recipe, RecipeType
from stackward.definition.model.secrets import Secret
from stackward.definition.model.stack import RETENTION, Controller, SourceChoice, Stack

__all__ = [
    "HOOKS",
    "OWNED",
    "RETENTION",
    "App",
    "Batch",
    "Check",
    "CheckType",
    "Connection",
    "Controller",
    "Deploying",
    "Healing",
    "Instance",
    "InstanceType",
    "Layer",
    "Pool",
    "ProviderChoice",
    "Recipe",
    "RecipeType",
    "Secret",
    "Source",
    "SourceChoice",
    "SourceType",
    "Stack",
    "Tls",
    "Volume",
]
