"""What goes wrong while a layer says what an instance must be."""

from __future__ import annotations

from stackward.errors import StackwardError


class LayerError(StackwardError):
    """A layer cannot work with what the stack file or the run gives it."""
