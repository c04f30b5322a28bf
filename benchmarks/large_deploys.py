"""A deploy of a large app of which one file has changed: what differs is sent, against the whole once more."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.configure import prepare
from benchmarks.measuring import Cost, interleaved, ratio
from benchmarks.project import LOCALHOST, Project, project
from benchmarks.verdicts import Report, Verdict
from stackward.engine.code.kept import ENDING, folder_of

HOSTS, FILES, BYTES = 4, 1200, 100_000
STACK: dict[str, Any] = {
    "layers": {"web": {"uses": "static_web"}},
    "instances": {f"all[1:{HOSTS}]": {"layers": ["web"]}},
    "apps": {
        "site": {
            "layers": ["web"],
            "source": {"type": "directory", "path": "../code"},
            "deploy": {"batch": "100%", "keep": 2},
        }
    },
}


def measure(rounds: int) -> Report:
    """Change one file and deploy, again and again."""
    with project("bench-large-deploys", STACK, {"code/index.html": "ok"}, hosts=True) as made:
        chance = random.Random(1)
        for number in range(FILES):
            page = made.folder / f"code/{number % 20}/{number}.html"
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(chance.randbytes(BYTES // 2).hex())
        prepare(made)
        sides = {"differing": _deploy(made, chance), "whole": _deploy(made, chance, forgetful=True)}
        costs = interleaved(sides, rounds)
        sides["differing"]()
        kept = {path.name: path.stat().st_size for path in _kept(made)}
    return Report(
        "large-deploy",
        (
            Verdict("bytes for a host, of all", min(kept.values()) / max(kept.values()), 0.01),
            # Sending costs next to nothing here: finding out what differs must not take much longer than that.
            Verdict("time of the same with all of it sent", ratio(costs, "differing", "whole", "wall"), 1.1),
        ),
        costs,
        (f"{HOSTS} hosts, one of {FILES} files of {BYTES} bytes has changed",),
    )


def _deploy(made: Project, chance: random.Random, *, forgetful: bool = False) -> Callable[[], Cost]:
    """Return the deploy of a change; a forgetful one does not know any more what it has sent before."""

    def deploy() -> Cost:
        (made.folder / "code/0/0.html").write_text(chance.randbytes(BYTES // 2).hex())
        if forgetful:
            for archive in _kept(made):
                archive.unlink()
        return made.play("stackward.ops.deploy", made.file, LOCALHOST, app="site")

    return deploy


def _kept(made: Project) -> list[Path]:
    """The archives of releases, and of what differs between them."""
    return list(folder_of(made.stack().data, "site").glob(f"*{ENDING}"))
