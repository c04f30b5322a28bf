"""What makes a new host itself before it first boots: its SSH host key and who may log in."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from stackward.errors import ProviderError

_FOLDER = 0o700
_PRIVATE = 0o600
_PUBLIC = 0o644


@dataclass(frozen=True, slots=True)
class HostKey:
    """An SSH host key. The provider makes it, so it can vouch for the host from the first connection on."""

    private: str
    public: str

    def __repr__(self) -> str:
        return f"HostKey(public={self.public!r}, …)"


def new_host_key() -> HostKey:
    """A new ed25519 key without a comment. Raises ProviderError where OpenSSH's client programs are missing."""
    program = shutil.which("ssh-keygen")
    if program is None:
        raise ProviderError(
            "ssh-keygen is not installed, and hosts get their keys from it. "
            "Install it: apt-get install -y openssh-client."
        )
    with tempfile.TemporaryDirectory(prefix="stackward-") as folder:
        path = Path(folder) / "key"
        command = (program, "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path))
        done = subprocess.run(command, capture_output=True, check=False, timeout=30, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise ProviderError(f"ssh-keygen made no host key: {done.stderr.decode(errors='replace').strip()}.")
        public = path.with_suffix(".pub").read_text(encoding="ascii").strip()
        return HostKey(path.read_text(encoding="ascii"), public)


def files(key: HostKey, public_key: str) -> bytes:
    """A tar archive for the root folder of a new host: its key, and `public_key` admitted as root."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        folder = tarfile.TarInfo("root/.ssh")
        folder.type, folder.mode = tarfile.DIRTYPE, _FOLDER
        tar.addfile(folder)
        for name, mode, text in (
            ("root/.ssh/authorized_keys", _PRIVATE, public_key),
            ("etc/ssh/ssh_host_ed25519_key", _PRIVATE, key.private),
            ("etc/ssh/ssh_host_ed25519_key.pub", _PUBLIC, key.public),
        ):
            content = f"{text.strip()}\n".encode()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
