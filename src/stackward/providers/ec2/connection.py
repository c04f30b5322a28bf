"""Clients of botocore, with the credentials of its default chain, and one way to make a call."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from stackward.errors import ProviderError
from stackward.providers.ec2.answers import Meaning, meaning
from stackward.providers.ec2.errors import CallError
from stackward.providers.ec2.retrying import ONCE, PATIENT, repeated

P = ParamSpec("P")
T = TypeVar("T")


class Connection:
    """Makes clients when they are needed, and new ones when credentials have been renewed outside."""

    def __init__(self, region: str, data: str, pause: Callable[[float], None] = time.sleep) -> None:
        """Remember the region, and the stack's data folder. `pause` waits."""
        self.region = region
        self._data = data
        self.pause = pause
        self._session: Any = None
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """A client of a service. Raises ProviderError where botocore is missing."""
        if service not in self._clients:
            try:
                from stackward.providers.ec2 import models
            except ImportError as error:
                raise ProviderError("The provider ec2 needs botocore: pip install 'stackward[ec2]'") from error
            # Credentials and what botocore knows of regions are read once for all services.
            self._session = self._session or models.session(self._data)
            self._clients[service] = models.client(self._session, service, self.region)
        return self._clients[service]

    def renew(self) -> None:
        """Read the credentials anew with the next call."""
        self._session = None
        self._clients.clear()


def call(
    purpose: str, *, repeat: bool = True
) -> Callable[[Callable[Concatenate[Connection, P], T]], Callable[Concatenate[Connection, P], T]]:
    """Decorate a function that makes one API call to do its `purpose`: repeat it, and say its errors in a sentence.

    Without `repeat` an error that may go away is left to the caller, who looks first whether the work was done.
    """
    policy = PATIENT if repeat else ONCE

    def decorate(function: Callable[Concatenate[Connection, P], T]) -> Callable[Concatenate[Connection, P], T]:
        @wraps(function)
        def run(connection: Connection, /, *arguments: P.args, **named: P.kwargs) -> T:
            def once() -> T:
                with _uncollected():
                    return _said(purpose, lambda: function(connection, *arguments, **named))

            try:
                return repeated(once, policy, connection.pause)
            except CallError as error:
                if error.meaning is not Meaning.EXPIRED:
                    raise
            # Whoever renews credentials does it behind our back, so one more call with what is there now.
            connection.renew()
            return repeated(once, policy, connection.pause)

        return run

    return decorate


@contextmanager
def _uncollected() -> Iterator[None]:
    """Spare Python the search for garbage among the parts of a client and of an answer, which are all in use."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _said(purpose: str, function: Callable[[], T]) -> T:
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        ConnectionError,  # noqa: A004  botocore's own; it has its words for Python's
        CredentialRetrievalError,
        HTTPClientError,
        NoCredentialsError,
        SSLError,
        SSOError,
        TokenRetrievalError,
    )

    # The sentence has all that botocore said; a chain of causes would only say it again.
    try:
        return function()
    except ClientError as error:
        known = error.response.get("Error", {})
        code = known.get("Code", "unknown")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
        raise CallError(purpose, code, known.get("Message") or str(error), meaning(code, status)) from None
    except (NoCredentialsError, CredentialRetrievalError, SSOError, TokenRetrievalError) as error:
        # A machine's role is told by a service that may be silent for a moment, too.
        said = "there are no credentials" if isinstance(error, NoCredentialsError) else str(error)
        raise CallError(purpose, type(error).__name__, said, Meaning.EXPIRED) from None
    except HTTPClientError as error:
        raise CallError(purpose, type(error).__name__, str(error), Meaning.LATER) from None
    except ConnectionError as error:
        # Whoever shows a wrong certificate will show it again.
        what = Meaning.WRONG if isinstance(error, SSLError) else Meaning.UNREACHED
        raise CallError(purpose, type(error).__name__, str(error), what) from None
    except BotoCoreError as error:
        raise CallError(purpose, type(error).__name__, str(error), Meaning.WRONG) from None


def pages(ask: Callable[..., dict[str, Any]], key: str, **parameters: Any) -> Iterator[dict[str, Any]]:
    """Yield the items of every page of an answer."""
    token = None
    while True:
        answer = ask(**parameters, **({"NextToken": token} if token else {}))
        yield from answer.get(key, [])
        token = answer.get("NextToken")
        if not token:
            return
