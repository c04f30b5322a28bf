"""What is taken from Ansible's output."""

import pytest

from stackward.cli.output_file import OutputFile, errors, said_of

FAILED = """\
TASK [Write the request] *******************************************************
[ERROR]: Task failed: There is no stack nix here; there is shop.
Origin: /somewhere/start.yml:7:7

5   gather_facts: false

fatal: [localhost]: FAILED! => {"changed": false, "msg": "There is no stack nix here; there is shop."}
[ERROR]: Two lines
of one error.
[ERROR]: Task failed: There is no stack nix here; there is shop.
"""


def test_errors_each_once_without_excerpts():
    assert errors(FAILED) == ("There is no stack nix here; there is shop.", "Two lines\nof one error.")
    assert errors("PLAY [Ask for started] ****\n\nok: [localhost]\n") == ()


def test_what_the_engine_says_of_its_stacks():
    text = "shop: web1: start (stopped; user: why)\nok: [localhost]\nshed: nothing\n  shop: indented\n"
    assert list(said_of(["shop"], text)) == ["shop: web1: start (stopped; user: why)"]


def test_a_growing_file_is_read_in_whole_lines(tmp_path):
    path = tmp_path / "output"
    path.write_bytes(b"erste Zeile\nzwei")
    file = OutputFile(path)
    assert file.new() == "erste Zeile\n"
    assert file.new() == ""
    with path.open("ab") as more:
        more.write("te ünd\nletzte".encode())
    assert file.new() == "zweite ünd\n"
    assert (file.rest(), file.rest()) == ("letzte", "")


def test_what_a_rescue_tells_again_is_told_once_and_with_its_instance():
    printed = (
        "PLAY [x] *",
        "[ERROR]: Task failed: It is shut.",
        "[ERROR]: Task failed: Action failed: web1: It is shut.",
    )
    assert errors("\n".join(printed)) == ("web1: It is shut.",)


def test_a_host_that_is_not_reached_is_told_though_ansible_has_no_sentence_for_it():
    printed = """\
PLAY [x] *
fatal: [web1]: UNREACHABLE! => {"changed": false, "msg": "ssh: No route to host", "unreachable": true}
fatal: [web2 -> localhost]: UNREACHABLE! => {"changed": false, "msg": "cut o
"""
    assert errors(printed) == ("web1: ssh: No route to host",)


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        (
            "ERROR: Ansible requires the locale encoding to be UTF-8; Detected None.\n",
            "Ansible requires the locale encoding to be UTF-8; Detected None.",
        ),
        (
            "usage: ansible-playbook [-h]\n\nansible-playbook: error: unrecognized arguments: --lmit\n \nusage: …\n",
            "unrecognized arguments: --lmit",
        ),
    ],
)
def test_what_ended_before_any_play_is_told_too(printed, told):
    assert errors(printed) == (told,)
