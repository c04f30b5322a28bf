"""Builds the wheel and the collection, and uses both where there is no checkout, as their users would."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLLECTION = ROOT / "collections" / "ansible_collections" / "stackward" / "ops"
UNWANTED = ("tests/output/", "__pycache__")
NEEDED = ("plugins/inventory/stack.py", "plugins/modules/ensure.py", "playbooks/converge.yml", "README.md")
STACK = """\
plugin: stackward.ops.stack
name: small
provider: {type: container, image: debian-12}
layers:
  web: {uses: static_web}
instances:
  web1: {layers: [web]}
"""


class WrongPackageError(Exception):
    """A package lacks something, or holds something that it must not; the message says what."""


def main() -> int:
    """Build, install and use; the answer is the exit code."""
    try:
        with tempfile.TemporaryDirectory(prefix="stackward-packages-") as name:
            folder = Path(name)
            check_wheel(folder)
            check_collection(folder)
    except WrongPackageError as error:
        print(error, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"Failed with exit code {error.returncode}: {' '.join(map(str, error.cmd))}", file=sys.stderr)
        return 1
    return 0


def check_wheel(folder: Path) -> None:
    """Install the wheel into a new environment, and use command, modules and playbooks from an empty folder."""
    wheels = folder / "wheels"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", wheels, ROOT)
    (wheel,) = wheels.glob("*.whl")
    run(sys.executable, "-m", "venv", folder / "environment")
    bin_folder = folder / "environment" / "bin"
    pip = (bin_folder / "python", "-m", "pip", "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--constraint", ROOT / "requirements" / "locked.txt", wheel)
    use(bin_folder, folder / "empty", {})


def check_collection(folder: Path) -> None:
    """Build the collection as it would be published, look into it, and use it beside the installed package."""
    galaxy = Path(sys.executable).parent / "ansible-galaxy"
    run(galaxy, "collection", "build", COLLECTION, "--output-path", folder, quiet=True)
    (archive,) = folder.glob("stackward-ops-*.tar.gz")
    with tarfile.open(archive) as content:
        names = content.getnames()
    unwanted = [name for name in names if any(part in name for part in UNWANTED)]
    lacking = [name for name in NEEDED if name not in names]
    if unwanted or lacking:
        raise WrongPackageError(
            f"{archive.name} holds {unwanted[:5]} and lacks {lacking}; see build_ignore in galaxy.yml."
        )
    places = folder / "collections"
    run(galaxy, "collection", "install", archive, "--offline", "--collections-path", places, quiet=True)
    use(folder / "environment" / "bin", folder / "beside", {"ANSIBLE_COLLECTIONS_PATH": str(places)})


def use(bin_folder: Path, folder: Path, settings: dict[str, str]) -> None:
    """Run what a user would run first, in a folder with nothing but a stack file."""
    folder.mkdir()
    (folder / "small.stack.yml").write_text(STACK)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "STACKWARD_"))}
    environment = {**inherited, "ANSIBLE_INVENTORY_ENABLED": "stackward.ops.stack", "ANSIBLE_NOCOLOR": "1", **settings}
    stack = ("-i", "small.stack.yml")
    for command in (
        ("stackward", "validate", "small.stack.yml"),
        ("ansible-doc", "-t", "module", "stackward.ops.ensure"),
        ("ansible-doc", "-t", "inventory", "stackward.ops.stack"),
        ("ansible-inventory", *stack, "--graph"),
        ("ansible-playbook", *stack, "stackward.ops.converge"),
    ):
        run(bin_folder / command[0], *command[1:], cwd=folder, env=environment, quiet=True)


def run(*command: str | Path, quiet: bool = False, **options: object) -> None:
    """Run a command, and print what it printed if it fails. Raises CalledProcessError."""
    shown = [Path(command[0]).name, *(str(part) for part in command[1:])]
    print(f"$ {' '.join(shown)}", flush=True)
    if not quiet:
        subprocess.run(command, check=True, **options)
        return
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode:
        print(done.stdout)
        done.check_returncode()


if __name__ == "__main__":
    sys.exit(main())
