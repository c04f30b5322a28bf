"""Runs `ansible-test sanity` on the collection, with the arguments given: sanity.py [--test NAME] [FILE…].

ansible-test keeps its environments below the home folder and hides PIP_* variables from them, so it gets a home
folder of its own, with pip's present settings written into it.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

from turn import wait_for_turn

ROOT = Path(__file__).resolve().parent.parent
COLLECTION = ROOT / "collections" / "ansible_collections" / "stackward" / "ops"
CERTIFICATES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


def main() -> int:
    """Run the checks; the answer is the exit code."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stackward" / "ansible-test"
    home.mkdir(parents=True, exist_ok=True)
    # Two at once make and remove the same environments.
    wait_for_turn(home / "turn")
    seed(home)
    version = ".".join(map(str, sys.version_info[:2]))
    ansible_test = shutil.which("ansible-test", path=str(Path(sys.executable).parent))
    if ansible_test is None:
        print("ansible-test is not in this environment. Make it with: make venv", file=sys.stderr)
        return 1
    command = [ansible_test, "sanity", "--local", "--python", version, "--color", "no", *sys.argv[1:]]
    # Git would otherwise look for the user's settings in the new home.
    inherited = {**os.environ, "HOME": str(home), "GIT_CONFIG_GLOBAL": str(Path.home() / ".gitconfig")}
    return subprocess.run(command, cwd=COLLECTION, env=inherited, check=False).returncode


def seed(home: Path) -> None:
    """Put pip's settings, the stand-in for get-pip.py and the way to this checkout where ansible-test needs them."""
    settings = home / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(pip_settings())
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    internal = Path(find_spec("ansible_test").submodule_search_locations[0]) / "_internal"
    for version in re.findall(r"pip='([\d.]+)'", (internal / "python_requirements.py").read_text()):
        shutil.copyfile(ROOT / "bootstrap" / "get_pip.py", cache / f"get_pip_{version.replace('.', '_')}.py")
    # Environments outlive a run, and the next run may be of another checkout.
    made = (home / ".ansible" / "test" / "venv" / "sanity.import.plugin").glob("*/*/lib/python*/site-packages")
    for folder in (cache, *made):
        (folder / "stackward.pth").write_text(f"{ROOT / 'src'}\n{sysconfig.get_path('purelib')}\n")


def pip_settings() -> str:
    """Return the settings of pip, from its files and the environment, as one file."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True
    ).stdout
    options: dict[str, str] = {}
    certificates = next((os.environ[name] for name in CERTIFICATES if os.environ.get(name)), None)
    if certificates:
        options["cert"] = certificates
    # The environment's settings, called ":env:", win as they do in pip.
    lines = [line.partition("=") for line in listed.splitlines() if "=" in line]
    for name, _, value in sorted(lines, key=lambda line: line[0].startswith(":env:")):
        section, _, option = name.partition(".")
        if section in ("global", "install", ":env:"):
            options[option.lstrip(".")] = ast.literal_eval(value)
    indented = {option: value.replace("\n", "\n    ") for option, value in options.items()}
    return "".join(["[global]\n", *(f"{option} = {value}\n" for option, value in indented.items())])


if __name__ == "__main__":
    sys.exit(main())
