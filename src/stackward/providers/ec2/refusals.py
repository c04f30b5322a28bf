"""Remembers for a short while which places had no room, for all runs of this controller."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Mapping
from pathlib import Path

from stackward.providers.ec2.placements import REMEMBERED_SECONDS


class Refusals:
    """A small file in the stack's data folder. It only saves calls: without it, AWS says the same again."""

    def __init__(self, data: str) -> None:
        """Remember where."""
        self._file = Path(data) / "ec2" / "refused.json"

    def known(self) -> Mapping[str, float]:
        """When places were refused, by their key, in seconds since the epoch."""
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
            return {str(place): float(at) for place, at in kept.items()}
        except (FileNotFoundError, ValueError, TypeError, AttributeError):
            return {}

    def add(self, key: str, now: float) -> None:
        """A place was refused `now`, in seconds since the epoch."""
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._file.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            fresh = {place: at for place, at in self.known().items() if now - at < REMEMBERED_SECONDS}
            candidate = self._file.with_suffix(".new")
            candidate.write_text(json.dumps({**fresh, key: now}), encoding="utf-8")
            candidate.replace(self._file)
