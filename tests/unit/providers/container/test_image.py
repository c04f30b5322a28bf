from __future__ import annotations

import os
import threading

import pytest

from stackward.errors import ProviderError
from stackward.providers.container import image
from stackward.providers.container.recipe import recipe

BOOKWORM = image.chosen("debian-12")


@pytest.fixture
def machine(tmp_path, programs, monkeypatch):
    """A machine whose engine stores images as files in `store`, and where no registry answers."""
    store = tmp_path / "store"
    store.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{programs.folder}:/usr/bin:/bin")
    name = '$(echo "$last" | tr / _)'
    cases = f"""
    *) last=none; for word in "$@"; do before=$last; last=$word; done
       case "$*" in
         'image inspect'*) cat {store}/{name} 2>/dev/null || {{ echo "Error: no such image" >&2; exit 1; }} ;;
         pull*) echo 'Error: dial tcp: lookup docker.io: no such host' >&2; exit 125 ;;
         import*|build*)
            for word in "$@"; do case $word in *stackward.recipe=*) digest=${{word##*=}} ;; esac; done
            case "$*" in build*) tag=$3 ;; *) tag=$last ;; esac
            echo $digest >{store}/$(echo $tag | tr / _) ;;
         tag*) cp {store}/$(echo $before | tr / _) {store}/{name} ;;
         rmi*) rm -f {store}/{name} ;;
       esac ;;"""
    engine = programs.engine(cases)
    programs.add("mmdebstrap", "*) echo 'I: downloading packages with apt...'; echo 'W: unasked'; exit 0 ;;")
    return engine, store, tmp_path / "cache" / "stackward" / "images"


def stored(store) -> list[str]:
    return sorted(file.name for file in store.iterdir())


def built(programs) -> int:
    return sum(call.startswith("mmdebstrap") for call in programs.calls)


def test_the_image_is_made_from_packages_where_no_registry_answers(machine, programs):
    engine, store, cache = machine
    said: list[str] = []
    image.ensure(engine, BOOKWORM, said.append)
    assert stored(store) == ["localhost_stackward_host:bookworm"]
    assert (store / "localhost_stackward_host:bookworm").read_text().strip() == recipe().digest
    assert "  downloading packages with apt..." in said
    assert not any("unasked" in line for line in said)
    assert [file.name for file in cache.iterdir()] == ["bookworm.lock"]


def test_an_image_of_the_present_recipe_is_not_built_again(machine, programs):
    engine, _, _ = machine
    for _ in range(2):
        image.ensure(engine, BOOKWORM, lambda _: None)
    assert built(programs) == 1


def test_an_image_of_another_recipe_is_built_again(machine, programs):
    engine, store, _ = machine
    (store / "localhost_stackward_host:bookworm").write_text("an older recipe")
    image.ensure(engine, BOOKWORM, lambda _: None)
    assert (store / "localhost_stackward_host:bookworm").read_text().strip() == recipe().digest


def test_two_runs_at_once_build_once(machine, programs):
    engine, _, _ = machine
    runs = [threading.Thread(target=image.ensure, args=(engine, BOOKWORM, lambda _: None)) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join(60)
    assert built(programs) == 1


def test_a_base_that_is_there_is_built_upon(machine, programs):
    engine, store, _ = machine
    (store / "docker.io_library_debian:bookworm").write_text("")
    image.ensure(engine, BOOKWORM, lambda _: None)
    assert built(programs) == 0
    assert any("--build-arg base=docker.io/library/debian:bookworm" in call for call in programs.calls)
    assert "localhost_stackward_host:bookworm" in stored(store)


def test_a_build_that_fails_leaves_nothing_and_says_why(machine, programs):
    engine, store, cache = machine
    programs.add("mmdebstrap", "*) echo 'E: apt-get update failed: Temporary failure resolving'; exit 25 ;;")
    with pytest.raises(ProviderError, match=r"could not make Debian bookworm .*Temporary failure resolving"):
        image.ensure(engine, BOOKWORM, lambda _: None)
    assert stored(store) == []
    assert [file.name for file in cache.iterdir()] == ["bookworm.lock"]


def test_without_a_network_the_cause_is_said_and_not_what_followed_from_it(machine, programs):
    """The words of mmdebstrap 1.3 where names cannot be resolved."""
    engine, store, _ = machine
    programs.add(
        "mmdebstrap",
        "*) echo \"E: Failed to fetch http://deb.example/InRelease  Temporary failure resolving 'deb.example'\"\n"
        "   echo 'E: Some index files failed to download.'; echo 'E: mmdebstrap failed to run'; exit 25 ;;",
    )
    with pytest.raises(ProviderError, match=r"Temporary failure resolving 'deb\.example'\. .* `apt-get update` works"):
        image.ensure(engine, BOOKWORM, lambda _: None)
    assert stored(store) == []


def test_a_user_who_may_not_make_an_image_is_told_what_to_do(machine, programs):
    """The words of mmdebstrap 1.3 where a user has no subordinate IDs."""
    engine, _, _ = machine
    programs.add("mmdebstrap", "*) echo 'E: unable to pick chroot mode automatically (use --mode for …)'; exit 25 ;;")
    with pytest.raises(
        ProviderError, match=r"Make the image as root, or install uidmap \(sudo apt-get install -y uidmap"
    ):
        image.ensure(engine, BOOKWORM, lambda _: None)


def test_an_interrupted_build_leaves_nothing_and_the_next_one_succeeds(machine, programs):
    engine, store, cache = machine

    def interrupt(line: str) -> None:
        if "downloading" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        image.ensure(engine, BOOKWORM, interrupt)
    assert stored(store) == []
    assert [file.name for file in cache.iterdir()] == ["bookworm.lock"]
    image.ensure(engine, BOOKWORM, lambda _: None)
    assert stored(store) == ["localhost_stackward_host:bookworm"]


def test_what_a_killed_build_left_is_swept_away(machine, programs):
    engine, store, cache = machine
    left = cache / "bookworm-killed" / "image.tar"
    left.parent.mkdir(parents=True)
    left.write_text("half")
    (store / "localhost_stackward_host:bookworm-unfinished").write_text("half")
    image.ensure(engine, BOOKWORM, lambda _: None)
    assert not left.parent.exists()
    assert stored(store) == ["localhost_stackward_host:bookworm"]


def test_the_one_command_is_named_where_nothing_can_make_the_image(machine, programs, monkeypatch):
    engine, store, _ = machine
    (programs.folder / "mmdebstrap").unlink()
    for program in ("sh", "tr", "cat", "cp", "rm"):
        (programs.folder / program).symlink_to(f"/bin/{program}")
    monkeypatch.setenv("PATH", str(programs.folder))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ProviderError, match=r"mmdebstrap, .* Install it: sudo apt-get install -y mmdebstrap debian-"):
        image.ensure(engine, BOOKWORM, lambda _: None)
    assert stored(store) == []


def test_an_image_of_somebody_else_is_pulled_where_it_is_missing_and_never_built(machine, programs):
    engine, store, _ = machine
    with pytest.raises(ProviderError, match=r"could not pull the image registry\.example/host:1: .*no such host"):
        image.ensure(engine, image.chosen("registry.example/host:1"), lambda _: None)
    (store / "registry.example_host:1").write_text("")
    image.ensure(engine, image.chosen("registry.example/host:1"), lambda _: None)
    assert built(programs) == 0


def test_all_images_can_be_removed(machine, programs):
    engine, store, cache = machine
    image.ensure(engine, BOOKWORM, lambda _: None)
    image.remove_all(engine, lambda _: None)
    assert stored(store) == []
    assert not cache.exists()
