"""A host that has a release is sent only what the next one has otherwise."""

from __future__ import annotations

import io
import random
import tarfile

import pytest

from stackward.engine.code import differences
from stackward.engine.code.differences import difference
from stackward.engine.code.kept import ENDING, writing

NOISE = random.Random(1)
LARGE = NOISE.randbytes(30_000)


def archive(folder, revision: str, **files: bytes):
    target = folder / f"{revision}{ENDING}"
    with writing(target) as file, tarfile.open(fileobj=file, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return target


def test_what_is_the_same_is_named_and_not_sent(tmp_path):
    before = archive(tmp_path, "a", large=LARGE, page=b"one", old=b"old")
    after = archive(tmp_path, "b", large=LARGE, page=b"two", new=b"new")
    made = difference(before, after)
    assert made is not None
    assert made.stat().st_size < 1000
    with tarfile.open(made) as tar:
        found = {entry.name: (entry.size, "STACKWARD.unchanged" in entry.pax_headers) for entry in tar}
    assert found == {"large": (0, True), "page": (3, False), "new": (3, False)}


def test_it_is_made_once(tmp_path, monkeypatch):
    before, after = archive(tmp_path, "a", large=LARGE), archive(tmp_path, "b", large=LARGE, page=b"two")
    made = difference(before, after)
    monkeypatch.setattr(differences, "_make", lambda *_: pytest.fail("made again"))
    assert difference(before, after) == made


@pytest.mark.parametrize(
    "content", [NOISE.randbytes(30_000), NOISE.randbytes(30_001)], ids=["of the same size", "of another"]
)
def test_the_whole_is_sent_where_most_is_other(tmp_path, content):
    before, after = archive(tmp_path, "a", large=LARGE), archive(tmp_path, "b", large=content)
    assert difference(before, after) is None
    assert difference(before, after) is None


def test_a_file_of_another_size_each_time_is_not_compared_again_and_again(tmp_path, monkeypatch):
    before, after = archive(tmp_path, "a", jar=LARGE), archive(tmp_path, "b", jar=NOISE.randbytes(30_001))
    monkeypatch.setattr(differences, "_make", lambda *_: pytest.fail("made"))
    assert difference(before, after) is None
    monkeypatch.setattr(differences, "_files", lambda *_: pytest.fail("read again"))
    assert difference(before, after) is None


def test_the_whole_is_sent_where_the_archive_before_is_damaged(tmp_path):
    before, after = archive(tmp_path, "a", large=LARGE), archive(tmp_path, "b", large=LARGE, page=b"two")
    with before.open("r+b") as file:
        file.truncate(5000)
    assert difference(before, after) is None
    assert sorted(path.name for path in tmp_path.glob(f"*{ENDING}")) == [before.name, after.name]
