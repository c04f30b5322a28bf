"""What is taken from Ansible's output."""

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
    assert errors("ok: [localhost]\n") == ()


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
