"""What goes wrong on demand: an error instead of an answer, or an answer that is lost after the work was done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class How(Enum):
    """Whether the work is done before it fails."""

    INSTEAD = "nothing is done"
    AFTER = "it is done, and the answer is an error"
    LOST = "it is done, and the connection is cut"


class AwsError(Exception):
    """An error of the API."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        self.code, self.message, self.status = code, message or code, status
        super().__init__(code)


@dataclass
class Fault:
    """The next `times` calls of an action that fit fail."""

    action: str
    code: str = "InternalError"
    status: int = 400
    times: int = 1
    how: How = How.INSTEAD
    fits: Callable[[Mapping[str, Any]], bool] = field(default=lambda _parameters: True)

    def error(self) -> AwsError:
        return AwsError(self.code, f"a fault of the stand-in: {self.code}", self.status)
