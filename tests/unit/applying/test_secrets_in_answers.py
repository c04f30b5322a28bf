"""What an app answers or logs when it is not well is shown to a person, and nothing secret with it."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from ansible_collections.stackward.ops.plugins.module_utils.applying.answers import apply_answers
from ansible_collections.stackward.ops.plugins.module_utils.applying.outcome import Failed
from ansible_collections.stackward.ops.plugins.module_utils.applying.secrets import masked, secrets_in
from ansible_collections.stackward.ops.plugins.module_utils.applying.sequence import Host

from stackward.layers.app_environment import environment_file

SECRET = 'hush"$`\\hush-1a2b3c'


def environment(value: str) -> dict[str, object]:
    return {"kind": "file", "secret": True, "content": environment_file({"KEY": value})}


@pytest.fixture
def answering():
    """A server that answers every request with status 500 and a text."""
    said: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(500)
            self.end_headers()
            self.wfile.write(said[0].encode())

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", said
        server.shutdown()
        thread.join()


def test_a_secret_is_known_as_it_is_and_as_it_stands_in_its_file():
    assert SECRET in secrets_in([environment(SECRET)])


@pytest.mark.parametrize("show", [str, repr], ids=["as it is", "with its ends of lines escaped"])
def test_no_line_of_a_secret_of_several_lines_is_told(show):
    account = '{\n  "type": "robot-account",\n  "private_key": "MIIE$3cret\\\\nmore=="\n}'
    for secret in (account, "one-1a2b3c\ntwo-4d5e6f"):
        said = masked(f"  {show(secret)}", secrets_in([environment(secret)]))
        assert not any(word in said for word in ("robot", "MIIE", "cret", "more", "1a2b", "4d5e")), said


@pytest.mark.parametrize("before", range(485, 505, 3))
def test_an_answer_is_not_cut_in_the_middle_of_a_secret(answering, tmp_path, before):
    url, said = answering
    said.append("." * before + SECRET)
    host = Host([], {}, False, str(tmp_path), hidden=secrets_in([environment(SECRET)]))
    resource = {"url": url, "any_status": False, "within": 0.0, "unit": None}
    with pytest.raises(Failed, match="it answered with status 500") as told:
        apply_answers(resource, host)
    assert "hush" not in str(told.value)
