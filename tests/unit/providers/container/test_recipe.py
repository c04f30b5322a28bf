from __future__ import annotations

import io
import tarfile

from stackward.providers.container.recipe import PACKAGES, archive, recipe


def test_the_recipe_is_the_same_each_time():
    assert recipe(()).digest == recipe(()).digest


def test_a_certificate_authority_of_the_owner_is_taken_along_and_makes_another_image(tmp_path):
    authority = tmp_path / "own.crt"
    authority.write_text("certificate")
    with_it = recipe((authority,))
    assert with_it.digest != recipe(()).digest
    with tarfile.open(fileobj=io.BytesIO(with_it.files)) as tar:
        assert tar.extractfile("usr/local/share/ca-certificates/own.crt").read() == b"certificate"


def test_files_belong_to_root_and_only_programs_can_be_run():
    with tarfile.open(fileobj=io.BytesIO(recipe(()).files)) as tar:
        entries = {entry.name: entry for entry in tar}
    assert {"finish.sh", "usr/local/sbin/own-etc", "etc/systemd/system/own-etc.service"} <= entries.keys()
    assert {entry.uid for entry in entries.values()} == {0}
    assert {name for name, entry in entries.items() if entry.mode == 0o755} == {"finish.sh", "usr/local/sbin/own-etc"}


def test_an_archive_does_not_depend_on_the_order_of_its_files():
    assert archive({"a": b"1", "b": b"2"}) == archive({"b": b"2", "a": b"1"})


def test_the_whole_of_python_is_there_as_ansible_needs_it():
    assert "python3" in PACKAGES
    assert "python3-minimal" not in PACKAGES
