"""What every instance has, whatever its layers."""

from __future__ import annotations

from stackward.layers.built_in import BuiltInLayer, LayerSettings


class CustomSettings(LayerSettings):
    """A layer of the user's own has no settings."""


CUSTOM = BuiltInLayer(name="custom", settings=CustomSettings, runs_apps=True)
"""Stands for a layer without `uses`: its apps are deployed by the user's own recipes."""
