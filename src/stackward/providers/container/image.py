"""The image that hosts are made from: pulled as a base where a registry answers, else bootstrapped from packages."""

from __future__ import annotations

import difflib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stackward.errors import ProviderError
from stackward.providers.container import labels, sources
from stackward.providers.container.engine import Engine, environment
from stackward.providers.container.errors import NotFoundError, install_command
from stackward.providers.container.locks import exclusive
from stackward.providers.container.progress import follow
from stackward.providers.container.recipe import Recipe, recipe

REPOSITORY = "localhost/stackward/host"
SUITES = {"debian-12": "bookworm", "debian-13": "trixie"}
DEFAULT = "debian-12"
_BASE = "docker.io/library/debian"
_PULL = 120.0
_PULL_WHOLE = 900.0
_BUILD = 1800.0
_STORE = 300.0


@dataclass(frozen=True, slots=True)
class Image:
    """An image as the stack file chose it. `suite` is the Debian suite of one that Stackward builds, else None."""

    reference: str
    suite: str | None


def chosen(name: str) -> Image:
    """The image for the option `image`: "debian-12", "debian-13", or the full reference of any other.

    Raises ProviderError for anything else.
    """
    if suite := SUITES.get(name):
        return Image(f"{REPOSITORY}:{suite}", suite)
    if "/" in name or ":" in name:
        return Image(name, None)
    near = difflib.get_close_matches(name, SUITES, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Choose {' or '.join(SUITES)}, or give a full image reference."
    raise ProviderError(f"There is no host image called {name!r}. {hint}")


def ensure(engine: Engine, image: Image, say: Callable[[str], None]) -> None:
    """Make sure that the image is there, built from the present recipe. Progress goes to `say`, line by line.

    Two runs at once build once. An interrupted build leaves nothing but temporary files, which the next one removes.
    Raises ProviderError with what to install or where to look.
    """
    if image.suite is None:
        if _recipe_of(engine, image.reference) is None:
            say(f"Pulling {image.reference}")
            engine.run("pull", "-q", image.reference, to=f"pull the image {image.reference}", timeout=_PULL_WHOLE)
        return
    wanted = recipe()
    if _recipe_of(engine, image.reference) == wanted.digest:
        return

    def waiting(holder: str) -> None:
        say(f"Waiting for process {holder}, which is building {image.reference}")

    cache = folder()
    with exclusive(cache / f"{image.suite}.lock", waiting):
        if _recipe_of(engine, image.reference) != wanted.digest:
            _build(engine, image, wanted, cache, say)


def folder() -> Path:
    """Where builds keep their lock and their temporary files."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "stackward" / "images"


def remove_all(engine: Engine, say: Callable[[str], None]) -> None:
    """Remove every host image that Stackward built, and what interrupted builds left."""
    for suite in SUITES.values():
        with exclusive(folder() / f"{suite}.lock"):
            _sweep(folder(), suite)
            for reference in (f"{REPOSITORY}:{suite}", f"{REPOSITORY}:{suite}-unfinished"):
                if _recipe_of(engine, reference) is not None:
                    engine.run("rmi", reference, to=f"remove the image {reference}")
                    say(f"Removed the image {reference}")
    _remove_older(engine)
    shutil.rmtree(folder(), ignore_errors=True)


def _build(engine: Engine, image: Image, wanted: Recipe, cache: Path, say: Callable[[str], None]) -> None:
    suite = image.suite or ""
    unfinished = f"{image.reference}-unfinished"
    _sweep(cache, suite)
    say(f"Building the host image {image.reference}; this is done once")
    with _workspace(cache, suite) as work:
        (work / "root.tar").write_bytes(wanted.files)
        if _base_available(engine, f"{_BASE}:{suite}", say):
            _from_base(engine, f"{_BASE}:{suite}", unfinished, wanted, work, say)
        else:
            _from_packages(engine, suite, unfinished, wanted, work, say)
        engine.run("tag", unfinished, image.reference, to=f"name the image {image.reference}")
        engine.run("rmi", unfinished, to=f"remove the name {unfinished}")
    _sweep(cache, suite)
    _remove_older(engine)
    say(f"The host image {image.reference} is ready")


def _base_available(engine: Engine, base: str, say: Callable[[str], None]) -> bool:
    if _recipe_of(engine, base) is not None:
        return True
    say(f"Asking for {base}")
    try:
        engine.run("pull", "-q", base, to=f"pull {base}", timeout=_PULL)
    except ProviderError:
        if not shutil.which("mmdebstrap"):
            packages = ("mmdebstrap", "debian-archive-keyring")
            raise ProviderError(
                f"No registry gives {base}, and mmdebstrap, which makes it from Debian's packages, is not installed. "
                f"Install it: {install_command(packages, root=os.geteuid() == 0)}."
            ) from None
        say("No registry answers; making the image from Debian's packages, which takes about a minute")
        return False
    return True


def _from_base(engine: Engine, base: str, tag: str, wanted: Recipe, work: Path, say: Callable[[str], None]) -> None:
    (work / "Containerfile").write_text(wanted.containerfile, encoding="utf-8")
    command = engine.command(
        "build",
        *("--tag", tag),
        *("--file", str(work / "Containerfile")),
        *("--label", f"{labels.RECIPE}={wanted.digest}"),
        *("--build-arg", f"base={base}"),
        *("--build-arg", f"packages={' '.join(wanted.packages)}"),
        str(work),
    )

    def steps(line: str) -> None:
        if line.startswith(("STEP", "Step")):
            say(f"  {line[:100]}")

    follow(command, steps, to=f"build {tag}", timeout=_BUILD, environment=environment(os.environ))


def _from_packages(
    engine: Engine, suite: str, tag: str, wanted: Recipe, work: Path, say: Callable[[str], None]
) -> None:
    (work / "sources").write_text(sources.lines_for(suite, sources.read()), encoding="utf-8")
    whole = work / "image.tar"
    command = (
        "mmdebstrap",
        "--variant=minbase",
        f"--include={','.join(wanted.packages)}",
        f"--customize-hook=tar-in '{work / 'root.tar'}' /",
        '--customize-hook=chroot "$1" sh /finish.sh',
        *(f"--dpkgopt=path-exclude=/usr/share/{what}/*" for what in ("man", "locale", "doc")),
        "--dpkgopt=path-include=/usr/share/doc/*/copyright",
        suite,
        str(whole),
        str(work / "sources"),
    )

    def steps(line: str) -> None:
        if line.startswith("I: ") and line.endswith("...") and str(work) not in line:
            say(f"  {line.removeprefix('I: ')}")

    inherited = {**environment(os.environ), "TMPDIR": str(work)}
    try:
        follow(command, steps, to=f"make Debian {suite} from its packages", timeout=_BUILD, environment=inherited)
    except ProviderError as error:
        if "Failed to fetch" in str(error):
            raise ProviderError(
                f"{error} Making the image needs Debian's packages once, from where this machine's apt has them: see "
                "that `apt-get update` works here, then ask again."
            ) from error
        if "unable to pick chroot mode" not in str(error):
            raise
        raise ProviderError(
            "This user may not make an image from Debian's packages: mmdebstrap found no user namespaces for it. Make "
            f"the image as root, or install uidmap ({install_command(('uidmap',), root=False)}) and give the user "
            "subordinate user and group IDs (subuid(5))."
        ) from error
    say(f"  storing it in {engine.name.value}")
    changes = ('CMD ["/sbin/init"]', f"LABEL {labels.RECIPE}={wanted.digest}")
    flags = [part for change in changes for part in ("--change", change)]
    engine.run("import", *flags, str(whole), tag, to=f"store the image {tag}", timeout=_STORE)


def _recipe_of(engine: Engine, reference: str) -> str | None:
    """The digest of the recipe that an image was built from, "" for an image without one, None for no image."""
    form = f'{{{{if .Config.Labels}}}}{{{{index .Config.Labels "{labels.RECIPE}"}}}}{{{{end}}}}'
    try:
        return engine.run("image", "inspect", "--format", form, reference, to=f"inspect {reference}").strip()
    except NotFoundError:
        return None


def _remove_older(engine: Engine) -> None:
    """Remove the images that newer builds replaced, but for those that hosts still run from."""
    unnamed = ("images", "-q", "--no-trunc", "--filter", "dangling=true", "--filter", f"label={labels.RECIPE}")
    for identity in sorted(set(engine.run(*unnamed, to="list older host images").split())):
        users = engine.run("ps", "-aq", "--filter", f"ancestor={identity}", to="list the hosts of an older image")
        if not users.strip():
            engine.run("rmi", identity, to="remove an older host image")


@contextmanager
def _workspace(cache: Path, suite: str) -> Iterator[Path]:
    work = Path(tempfile.mkdtemp(prefix=f"{suite}-", dir=cache))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _sweep(cache: Path, suite: str) -> None:
    for left in cache.glob(f"{suite}-*"):
        shutil.rmtree(left, ignore_errors=True)
