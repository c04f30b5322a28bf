"""What cron runs on a host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class CronJobs:
    """A table of cron with exactly these jobs after its `head`.

    A host is warned of those for an account that it does not have, and is left without them: cron would run none.
    """

    kind: ClassVar[str] = "cron_jobs"
    name: str
    path: str
    head: str
    jobs: tuple[dict[str, str], ...]
    """Of each: `name`, `user`, `text` as it stands in the table."""
    notify: tuple[str, ...] = ()
