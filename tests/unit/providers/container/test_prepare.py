from __future__ import annotations

import os

from stackward.providers.container import clean, prepare


def test_without_an_engine_it_fails_with_the_one_command(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert prepare.main([]) == 1
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1
    assert "sudo apt-get install -y podman runc" in printed.err
    assert "Traceback" not in printed.err


def test_an_image_that_does_not_exist_fails_with_a_suggestion(monkeypatch, programs, capsys):
    programs.add("podman", """info*) echo '{"host": {}}' ;;""")
    monkeypatch.setenv("PATH", f"{programs.folder}:{os.environ['PATH']}")
    assert prepare.main(["debain-12"]) == 1
    assert "Did you mean debian-12?" in capsys.readouterr().err


def test_cleaning_a_stack_that_is_not_there_succeeds(monkeypatch, programs, capsys):
    programs.add("podman", "ps*) echo '[]' ;; *) ;;")
    monkeypatch.setenv("PATH", f"{programs.folder}:{os.environ['PATH']}")
    assert clean.main(["unknown-stack"]) == 0
    assert capsys.readouterr().out == "Nothing of the stack unknown-stack is left in podman\n"


def test_cleaning_says_what_stands_in_the_way(monkeypatch, programs, capsys):
    programs.add(
        "podman", "ps*) echo '[]' ;; 'volume ls'*) echo v ;; *) echo 'Error: volume v is being used' >&2; exit 2 ;;"
    )
    monkeypatch.setenv("PATH", f"{programs.folder}:{os.environ['PATH']}")
    assert clean.main(["shop"]) == 1
    assert capsys.readouterr().err == "podman could not remove the volume v: volume v is being used.\n"
