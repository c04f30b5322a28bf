"""How a call is made, whatever it asks."""

from __future__ import annotations

import gc

import pytest
from botocore.exceptions import (
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ProxyConnectionError,
    SSLError,
    UnauthorizedSSOTokenError,
)

from stackward.errors import ProviderError
from stackward.providers.ec2.connection import Connection, call
from tests.ec2_stand_in.connecting import connected


@call("look around")
def collecting(connection: Connection, problem: Exception | None = None) -> bool:
    if problem:
        raise problem
    return gc.isenabled()


@pytest.fixture
def connection():
    yield connected()
    gc.enable()


def test_no_garbage_is_searched_for_in_a_call_and_again_after_it(connection):
    assert not collecting(connection)
    assert gc.isenabled()


def test_a_call_that_fails_leaves_the_search_on(connection):
    with pytest.raises(ZeroDivisionError):
        collecting(connection, ZeroDivisionError())
    assert gc.isenabled()


def test_a_search_that_was_off_stays_off(connection):
    gc.disable()
    collecting(connection)
    assert not gc.isenabled()


@call("ask")
def asking(_connection: Connection, answers: list[object]) -> object:
    answer = answers.pop(0)
    if isinstance(answer, Exception):
        raise answer
    return answer


@pytest.mark.parametrize(
    "problem",
    [
        EndpointConnectionError(endpoint_url="https://ec2"),
        ConnectTimeoutError(endpoint_url="https://ec2"),
        ProxyConnectionError(proxy_url="http://proxy"),
    ],
    ids=lambda problem: type(problem).__name__,
)
def test_nobody_reached_is_tried_some_times_before_the_network_is_to_blame(connection, problem):
    assert asking(connection, [problem, problem, "an answer"]) == "an answer"
    answers = [problem] * 9
    with pytest.raises(ProviderError, match=r"Is provider\.region .*, and does this controller reach it"):
        asking(connection, answers)
    assert 9 - len(answers) == 5


def test_somebody_who_is_not_aws_is_asked_once(connection):
    answers = [SSLError(endpoint_url="https://ec2", error="certificate verify failed"), "an answer"]
    with pytest.raises(ProviderError, match="certificate verify failed"):
        asking(connection, answers)
    assert answers == ["an answer"]


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (
            NoCredentialsError(),
            r"there are no credentials \(NoCredentialsError\)\. Set AWS_PROFILE, or give this machine",
        ),
        (CredentialRetrievalError(provider="iam-role", error_msg="no answer"), r"iam-role.*Renew them and ask again"),
        (UnauthorizedSSOTokenError(), r"aws sso login.*Renew them and ask again; nothing is lost"),
    ],
    ids=["none", "not told", "login over"],
)
def test_credentials_that_are_not_told_are_looked_for_once_more_and_no_policy_is_to_blame(connection, problem, said):
    assert asking(connection, [problem, "an answer"]) == "an answer"
    with pytest.raises(ProviderError, match=said) as raised:
        asking(connection, [problem, problem])
    assert "policy" not in str(raised.value)
