"""What a host image is made of: packages, files, and a script that finishes it. Its digest names its content."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

PACKAGES = (
    "systemd",
    "systemd-sysv",
    "dbus",
    "openssh-server",
    "python3",
    "python3-apt",
    "python3-packaging",
    "iproute2",
    "iputils-ping",
    "procps",
    "ca-certificates",
    "curl",
    "sudo",
    "cron",
    "git",
)
"""What systemd, SSH and Ansible need, and nothing that a layer would install."""

_EXECUTABLE = ("finish.sh", "usr/local/sbin/own-etc")
_CERTIFICATES = Path("/usr/local/share/ca-certificates")


@dataclass(frozen=True, slots=True)
class Recipe:
    """The recipe of a host image. `files` is a tar archive for the root folder, with /finish.sh, which runs last."""

    packages: tuple[str, ...]
    files: bytes
    containerfile: str

    @property
    def digest(self) -> str:
        """SHA-256 over everything that makes a difference to the image."""
        whole = hashlib.sha256(self.files)
        whole.update(" ".join(self.packages).encode())
        whole.update(self.containerfile.encode())
        return whole.hexdigest()


def recipe(certificates: Iterable[Path] | None = None) -> Recipe:
    """The recipe, with the certificate authorities that this machine's owner added, so that hosts trust the same."""
    source = resources.files(__package__) / "host_image"
    files = {"finish.sh": (source / "finish.sh").read_bytes(), **dict(_below(source / "root", ""))}
    trusted = sorted(_CERTIFICATES.glob("*.crt")) if certificates is None else certificates
    for certificate in trusted:
        files[f"{_CERTIFICATES.relative_to('/')}/{certificate.name}"] = certificate.read_bytes()
    return Recipe(PACKAGES, archive(files), (source / "Containerfile").read_text(encoding="utf-8"))


def archive(files: dict[str, bytes]) -> bytes:
    """A tar archive of root-owned files, the same bytes for the same files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o755 if name in _EXECUTABLE else 0o644
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _below(folder: Traversable, prefix: str) -> Iterable[tuple[str, bytes]]:
    for entry in folder.iterdir():
        path = f"{prefix}{entry.name}"
        if entry.is_dir():
            yield from _below(entry, f"{path}/")
        else:
            yield path, entry.read_bytes()
