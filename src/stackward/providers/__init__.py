"""Where machines come from."""

from __future__ import annotations

from stackward.providers.registry import load

__all__ = ["load"]
