"""What is told of what Git and SSH say: the reason, and what to do."""

import pytest

from stackward.engine.code.complaints import reason, remedy, submodule

NO_ACCESS = """\
fatal: Could not read from remote repository.

Please make sure you have the correct access rights
and the repository exists.
"""
DENIED = f"git@git.example.com: Permission denied (publickey).\n{NO_ACCESS}"
STRANGER = f"""\
No ED25519 host key is known for git.example.com and you have requested strict checking.
Host key verification failed.
{NO_ACCESS}"""
OPEN = f"""\
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Permissions 0644 for '/keys/shop' are too open.
It is required that your private key files are NOT accessible by others.
This private key will be ignored.
Load key "/keys/shop": bad permissions
{DENIED}"""
PART = """\
Cloning into '/data/shop/.x/lib'...
fatal: unable to access 'https://ci:secret@git.example.com/lib.git/': Could not resolve host: git.example.com
fatal: clone of 'https://ci:secret@git.example.com/lib.git' into submodule path '/data/shop/.x/lib' failed
Failed to clone 'lib'. Retry scheduled
Failed to clone 'lib' a second time, aborting
"""


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (DENIED, "git@git.example.com: Permission denied (publickey)"),
        (STRANGER, "Host key verification failed"),
        (OPEN, "git@git.example.com: Permission denied (publickey)"),
        (f"fatal: '/none' does not exist\n{NO_ACCESS}", "'/none' does not exist"),
        (f"ssh: connect to host 192.0.2.1: refused\n{NO_ACCESS}", "ssh: connect to host 192.0.2.1: refused"),
        (PART, "unable to access 'https://git.example.com/lib.git/': Could not resolve host: git.example.com"),
        (NO_ACCESS, "the other side ended without a word"),
        ("", "the other side ended without a word"),
    ],
    ids=["denied", "a stranger", "an open key", "no repository", "refused", "a submodule", "the usual", "nothing"],
)
def test_the_line_that_names_the_reason_is_told(said, told):
    assert reason(said) == told


def test_a_submodule_is_named_without_its_login():
    assert submodule(PART) == "https://git.example.com/lib.git"
    assert submodule(DENIED) == ""


@pytest.mark.parametrize(
    ("said", "key", "told"),
    [
        (DENIED, "/keys/shop", "deploy_key /keys/shop has to be known there"),
        (DENIED, None, "Give the source a deploy_key"),
        (OPEN, "/keys/shop", "chmod 600 /keys/shop"),
        (DENIED, "/keys/shop", "it must have no passphrase, or be in an agent"),
        (f'Load key "/keys/shop": error in libcrypto\n{DENIED}', "/keys/shop", "/keys/shop: error in libcrypto"),
        (f"fatal: couldn't find remote ref HEAD\n{NO_ACCESS}", None, "name a revision"),
        (STRANGER, "/keys/shop", "connect once with ssh"),
        ("fatal: could not read Username for 'https://x': terminal prompts disabled", None, "an address by SSH"),
    ],
)
def test_what_to_do_is_told(said, key, told):
    assert told in remedy(said, key)


def test_nothing_is_told_to_do_where_the_reason_says_it_all():
    assert remedy(f"ssh: connect to host 192.0.2.1 port 22: Connection refused\n{NO_ACCESS}", None) == ""
