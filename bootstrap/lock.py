"""Writes requirements/locked.txt: the versions that a fresh environment gets today within the ranges of pyproject.toml.

Run by the oldest Python that the project supports, so that what is locked installs on every later one.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKED = ROOT / "requirements" / "locked.txt"
HEADER = """\
# Every version that the checks and the demo run with. Written by `make lock`; do not edit.
# Constrains what the project needs to run; installed whole for its tests and checks.
"""


def main() -> int:
    """Write the file; the answer is the exit code."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    oldest = re.search(r"[\d.]+", project["project"]["requires-python"])[0]
    if ".".join(map(str, sys.version_info[:2])) != oldest:
        print(f"Lock with Python {oldest}, the oldest supported: make lock PYTHON=python{oldest}", file=sys.stderr)
        return 1
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [f"{folder}/bin/python", "-m", "pip", "--disable-pip-version-check"]
        print(f"Resolving {len(wanted)} requirements", flush=True)
        subprocess.run([*pip, "install", "--quiet", *wanted], check=True)
        frozen = subprocess.run([*pip, "freeze"], check=True, capture_output=True, text=True).stdout
    LOCKED.write_text(HEADER + frozen)
    print(f"{LOCKED.relative_to(ROOT)}: {len(frozen.splitlines())} versions")
    return 0


if __name__ == "__main__":
    sys.exit(main())
