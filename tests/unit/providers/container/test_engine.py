from __future__ import annotations

import os

import pytest

from stackward.errors import ProviderError
from stackward.providers.container.engine import Engine, EngineName, environment, find
from stackward.providers.container.errors import EngineUnavailableError, NotFoundError


def test_podman_is_preferred_where_both_are_installed(programs):
    for name in EngineName:
        programs.add(name.value, "*) ;;")
    assert find(path=str(programs.folder)).name is EngineName.PODMAN


def test_docker_is_taken_where_it_is_the_only_one(programs):
    programs.add("docker", "*) ;;")
    assert find(path=str(programs.folder)).name is EngineName.DOCKER


def test_without_an_engine_the_one_command_to_install_it_is_named(tmp_path):
    with pytest.raises(EngineUnavailableError, match=r"neither podman nor docker.*apt-get install -y podman"):
        find(path=str(tmp_path))


def test_an_engine_that_was_asked_for_is_not_replaced_by_another(programs):
    programs.add("podman", "*) ;;")
    with pytest.raises(EngineUnavailableError, match=r"docker is installed.*apt-get install -y docker\.io"):
        find(EngineName.DOCKER, path=str(programs.folder))


def test_flags_go_before_the_subcommand():
    assert Engine(EngineName.PODMAN, "podman", ("--runtime", "runc")).command("ps", "-a") == (
        "podman",
        "--runtime",
        "runc",
        "ps",
        "-a",
    )


def test_what_the_engine_prints_is_returned_and_its_input_passed_on(programs):
    assert programs.engine("cp*) cat ;;").run("cp", "-", to="copy", stdin=b"content") == "content"


def test_a_failure_becomes_a_sentence(programs):
    engine = programs.engine("*) echo 'Error: no such container web1' >&2; exit 125 ;;")
    with pytest.raises(NotFoundError, match="podman could not start web1: no such container web1"):
        engine.run("start", "web1", to="start web1")


def test_an_engine_that_hangs_is_given_up(programs):
    engine = programs.engine("*) exec tail -f /dev/null ;;")
    with pytest.raises(ProviderError, match=r"podman could not stop web1 within 0 seconds.*podman ps"):
        engine.run("stop", "web1", to="stop web1", timeout=0.2)


def test_an_engine_that_was_uninstalled_meanwhile_is_named(tmp_path):
    with pytest.raises(EngineUnavailableError, match="cannot be run: No such file"):
        Engine(EngineName.PODMAN, str(tmp_path / "podman")).run("ps", to="list")


def test_the_engine_speaks_english_and_reports_to_no_service_manager(programs, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/notify")
    monkeypatch.setenv("LC_ALL", "de_AT.UTF-8")
    said = programs.engine('*) echo "$LC_ALL/$NOTIFY_SOCKET" ;;').run("ps", to="list")
    assert said == "C.UTF-8/\n"
    assert environment(os.environ)["PATH"] == os.environ["PATH"]
