"""An example of a source of measurements of one's own: numbers that something else writes into a file.

Each line of the file is `SUBJECT METRIC VALUE`: an instance, or a layer as `layer_web`, then a metric that the layer
names in `scaling.load.metrics`, then a number; or `alarm NAME STATE` with OK, ALARM or INSUFFICIENT_DATA. Choose it in
a stack file with

    metrics:
      shop: {type: example, file: /var/tmp/shop.metrics}

What to watch when you write your own:

- **Leave out what is not there.** A value that is missing keeps instances from being stopped, and that is right. Zero
  would be a value.
- **Say when it was measured.** A value of long ago must not look like one of now.
- **Be quick.** All of it may take half a minute at most; others wait.
- **Say what is wrong in a sentence** with MetricsError: what, where, and what to do.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stackward.errors import MetricsError
from stackward.metrics.alarm import Alarm, AlarmState
from stackward.metrics.sample import Sample
from stackward.observe.metrics.base import Answer, Question, Source


def source(options: Mapping[str, Any], stack: str, data: str) -> Source:
    """Make the source from its options in the stack file, the stack's name and the stack's data folder.

    Raises MetricsError for an option that it does not know.
    """
    if unknown := set(options) - {"file"}:
        raise MetricsError(f"The example source has no option {sorted(unknown)[0]!r}. It knows file.")
    return FileSource(Path(options.get("file") or Path(data) / f"{stack}.metrics"))


class FileSource:
    """Numbers in a file, measured when the file was written."""

    def __init__(self, file: Path) -> None:
        """Remember where; the file need not be there yet."""
        self.file = file

    def ask(self, question: Question) -> Answer:
        """Read the file. What was written after the moment that is asked about counts as of that moment."""
        try:
            with self.file.open(encoding="utf-8") as lines:
                written = datetime.fromtimestamp(os.fstat(lines.fileno()).st_mtime, UTC)
                return _answer(lines.read(), min(written, question.at), question)
        except OSError as error:
            raise MetricsError(f"{self.file} cannot be read: {error.strerror}. Write it, or name another.") from error


def _answer(text: str, at: datetime, question: Question) -> Answer:
    known = {target.instance for target in question.targets} | {f"layer_{layer}" for layer in question.metrics}
    samples: list[Sample] = []
    alarms: dict[str, Alarm] = {}
    failures: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words:
            continue
        try:
            first, name, value = words
            if first == "alarm":
                alarms[name] = Alarm(AlarmState(value), at)
            elif first in known:
                samples.append(Sample(first, name, at, float(value), "example"))
        except ValueError:
            failures.append(f"line {number} is not SUBJECT METRIC VALUE: {line!r}")
    return Answer(
        tuple(samples), {name: its for name, its in alarms.items() if name in question.alarms}, tuple(failures)
    )
