"""Makes a virtual environment of the project, and makes it again only when its inputs have changed.

environment.py running     .venv: the project, and the locked versions of what it needs
environment.py developing  .venv: the same, and what tests and checks need, with the collection amazon.aws
environment.py newest      .venv-newest: the newest ansible-core, and the newest of everything else that is allowed
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKED = ROOT / "requirements" / "locked.txt"
NEWEST_ANSIBLE = "ansible-core>=2.20,<2.22"
NEWEST_TESTS = (
    "boto3",
    *("ansible-runner", "httptools", "starlette", "uvicorn", "uvloop"),
    *("hypothesis", "jsonschema", "matplotlib", "psycopg", "pytest"),
)
STAMP = "stackward.json"
COLLECTIONS = "ansible==12.3.0"
"""The package of collections that goes with the ansible-core that is locked. Tests use one of them, for Amazon's."""


def main() -> int:
    """Make sure of the environment; the answer is the exit code."""
    if len(sys.argv) != 2 or sys.argv[1] not in ("running", "developing", "newest"):
        sys.exit(__doc__)
    purpose = sys.argv[1]
    folder = ROOT / (".venv-newest" if purpose == "newest" else ".venv")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    stamp = {"inputs": inputs(project), "python": sys.version, "folder": str(folder)}
    made = read(folder / STAMP)
    purposes = made.pop("purposes", [])
    if made == stamp and purpose in purposes:
        return 0
    if made != stamp:
        create(folder)
        purposes = []
    print(f"Installing into {folder.name}, for {purpose}; this is done once", flush=True)
    if not install(folder, purpose, project):
        print(f"The installation failed; the lines above say why. {folder.name} is not complete.", file=sys.stderr)
        return 1
    kept = {*purposes, purpose, *(("running",) if purpose == "developing" else ())}
    (folder / STAMP).write_text(json.dumps({**stamp, "purposes": sorted(kept)}))
    return 0


def inputs(project: dict) -> str:
    """Return a digest of everything that decides what is installed."""
    of_project = {name: project["project"].get(name) for name in ("name", "version", "dependencies", "scripts")}
    decisive = [of_project, project["dependency-groups"], project["build-system"], project["tool"]["hatch"]]
    text = json.dumps(decisive, sort_keys=True) + LOCKED.read_text() + Path(__file__).read_text()
    return hashlib.sha256(text.encode()).hexdigest()


def read(stamp: Path) -> dict:
    """Return what the stamp file says, nothing where there is none or the environment's Python is gone."""
    if not stamp.exists() or not (stamp.parent / "bin" / "python").exists():
        return {}
    return json.loads(stamp.read_text())


def create(folder: Path) -> None:
    """Make the environment anew."""
    print(f"Creating {folder.name} with Python {sys.version.split()[0]} ({sys.executable})", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)


def install(folder: Path, purpose: str, project: dict) -> bool:
    """Install the project and what `purpose` needs. Returns whether it succeeded."""
    if purpose == "newest":
        group = project["dependency-groups"]["dev"]
        tests = [requirement for requirement in group if requirement.startswith(NEWEST_TESTS)]
        return pip(folder, "--editable", str(ROOT), NEWEST_ANSIBLE, *tests)
    if purpose == "developing":
        return (
            pip(folder, "--requirement", str(LOCKED))
            and pip(folder, "--no-deps", "--editable", str(ROOT))
            and collection(folder, "amazon/aws")
        )
    return pip(folder, "--constraint", str(LOCKED), "--editable", str(ROOT))


def collection(folder: Path, name: str) -> bool:
    """Unpack one collection into the folder "collections" of the environment. Returns whether it was to be had."""
    with tempfile.TemporaryDirectory() as downloaded:
        if not pip(folder, "--no-deps", "--only-binary=:all:", "--dest", downloaded, COLLECTIONS, task="download"):
            return False
        (wheel,) = Path(downloaded).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            prefix = f"ansible_collections/{name}/"
            archive.extractall(
                folder / "collections", [entry for entry in archive.namelist() if entry.startswith(prefix)]
            )
    return True


def pip(folder: Path, *arguments: str, task: str = "install") -> bool:
    """Whether pip could do it. Its settings come from the environment and from its own files."""
    command = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", task, "--quiet"]
    return subprocess.run([*command, *arguments], cwd=ROOT, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
