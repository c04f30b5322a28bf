"""What errors of AWS mean, also those that nobody has written down."""

from __future__ import annotations

import pytest

from stackward.providers.ec2.answers import Meaning, meaning


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        # AWS gives this one the status of its own mistakes; it is none, and asking again does not help.
        ("InsufficientInstanceCapacity", 500, Meaning.ELSEWHERE),
        ("RequestLimitExceeded", 503, Meaning.LATER),
        ("Throttling", 400, Meaning.LATER),
        ("NobodyKnowsThisOne", 502, Meaning.LATER),
        ("NobodyKnowsThisOne", 400, Meaning.WRONG),
        ("InvalidInstanceID.NotFound", 400, Meaning.MISSING),
        ("DBInstanceNotFound", 404, Meaning.MISSING),
        ("IdempotentParameterMismatch", 400, Meaning.MISMATCH),
        ("RequestExpired", 400, Meaning.EXPIRED),
        # Systems Manager speaks JSON, and has names of its own.
        ("InvalidSignatureException", 400, Meaning.EXPIRED),
        ("UnauthorizedOperation", 403, Meaning.DENIED),
        ("AuthFailure.ServiceLinkedRoleCreationNotPermitted", 400, Meaning.DENIED),
        ("AddressLimitExceeded", 400, Meaning.LIMIT),
        ("VolumeLimitExceeded", 400, Meaning.LIMIT),
        ("InstanceQuotaExceeded", 400, Meaning.LIMIT),
        ("TagLimitExceeded", 400, Meaning.LIMIT),
        ("InstanceLimitExceeded", 400, Meaning.ELSEWHERE),
    ],
)
def test_a_code_says_what_is_to_be_done(code, status, expected):
    assert meaning(code, status) is expected
