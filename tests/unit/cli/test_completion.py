"""Shell completion: the right names, and silence whatever is wrong."""

import pytest
from typer.testing import CliRunner

from stackward.cli.main import app


@pytest.fixture
def complete(project):
    def run(*words):
        line = ["stackward", *words]
        environment = {
            "_STACKWARD_COMPLETE": "complete_bash",
            "COMP_WORDS": " ".join(line),
            "COMP_CWORD": str(len(line) - 1),
        }
        result = CliRunner(env=environment).invoke(app, prog_name="stackward")
        assert result.stderr == ""
        return result.stdout.split()

    return run


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("describe", "web"), ["web", "web1", "web2", "web3"]),
        (("describe", "s"), ["shop", "storefront"]),
        (("why", "web"), ["web", "web1", "web2", "web3"]),
        (("why", "s"), []),
        (("metrics", "s"), []),
        (("start", "--instance", "db"), ["db1"]),
        (("start", "--layer", "w"), ["web"]),
        (("deploy", "--app", "s"), ["storefront"]),
        (("status", "--stack", "s"), ["shop"]),
    ],
)
def test_names_of_the_project(complete, words, names, project):
    assert complete(*words) == names
    assert not (project / "var").exists()


def test_names_of_the_given_file(complete, project):
    other = (project / "inventory" / "shop.stack.yml").read_text().replace("lb1", "lb7")
    (project / "other.stack.yml").write_text(other)
    assert complete("describe", "-i", "other.stack.yml", "lb") == ["lb", "lb7"]


def test_no_names_and_no_words_where_something_is_wrong(complete, project):
    file = project / "inventory" / "shop.stack.yml"
    file.write_text("layers: [")
    assert complete("describe", "") == []
    file.unlink()
    assert complete("describe", "") == []
    (project / "ansible.cfg").write_text("nonsense")
    assert complete("describe", "") == []
