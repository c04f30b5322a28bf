"""What every mapping of the stack file has in common."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Form(BaseModel):
    """A mapping of the file that takes these keys and no others."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)
    later: ClassVar[frozenset[str]] = frozenset()
