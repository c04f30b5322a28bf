"""The kernel's parameters of a host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelParameters:
    """The kernel's parameters that are set, all of them, now and at each boot by the file at `path`.

    One that is not named any more gets back the value that it had before. A host that does not let a parameter be
    set, as containers do, is warned of.
    """

    kind: ClassVar[str] = "kernel_parameters"
    name: str
    path: str
    parameters: dict[str, str]
    notify: tuple[str, ...] = ()
