"""Whatever two releases are, a host that has one gets the other by what differs just as by the whole."""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
from pathlib import Path

from ansible_collections.stackward.ops.plugins.module_utils.applying.releases import unpack
from hypothesis import given
from hypothesis import strategies as st

from stackward.engine.code import differences
from stackward.engine.code.kept import ENDING, writing

NAMES = st.sampled_from(["app", "bin/run", "bin/stop", "größe/page.html", "x" * 120 + "/long"])
FILES = st.dictionaries(NAMES, st.tuples(st.sampled_from([b"", b"one", b"two", b"three"]), st.booleans()))


def packed(target: Path, files: dict[str, tuple[bytes, bool]]) -> Path:
    with writing(target) as file, tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, (content, executable) in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755 if executable else 0o644
            tar.addfile(entry, io.BytesIO(content))
        link = tarfile.TarInfo("latest")
        link.type, link.linkname = tarfile.SYMTYPE, next(iter(files), "app")
        tar.addfile(link)
    return target


def unpacked(archive: Path, root: Path, base: Path | None = None) -> dict[str, object]:
    root.mkdir()
    unpack(str(archive), str(root), os.getuid(), os.getgid(), None if base is None else str(base))
    return {
        str(path.relative_to(root)): (
            path.lstat().st_mode,
            str(path.readlink()) if path.is_symlink() else path.read_bytes(),
        )
        for path in root.rglob("*")
        if path.is_symlink() or path.is_file()
    }


@given(before=FILES, after=FILES)
def test_a_release_is_the_same_by_what_differs_and_as_a_whole(before, after):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        there = packed(root / f"a{ENDING}", before)
        whole = packed(root / f"b{ENDING}", after)
        made = root / f"c{ENDING}"
        differences._make(made, differences._files(there), whole)
        unpacked(there, root / "a")
        assert unpacked(made, root / "c", root / "a") == unpacked(whole, root / "b")
        with tarfile.open(made) as tar:
            left_out = {entry.name for entry in tar if differences.UNCHANGED in entry.pax_headers}
        assert left_out == {name for name, (content, _) in after.items() if before.get(name, (None,))[0] == content}
