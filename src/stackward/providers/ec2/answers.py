"""What an error of AWS means for what was asked. Codes as in the EC2 API reference, "Error codes"."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class Meaning(Enum):
    """What is to be done about an answer that is an error."""

    LATER = "ask the same again, after a while"
    UNREACHED = "nobody was there to be asked"
    ELSEWHERE = "there is no room in this place"
    MISSING = "there is no such thing"
    SPENT = "what the token made is gone"
    MISMATCH = "the token was used for something else"
    EXPIRED = "the credentials are not good, or not there"
    LIMIT = "a limit of the account, or of one thing, is reached"
    DENIED = "the credentials do not allow it"
    WRONG = "the request itself is wrong"


_BY_CODE: Mapping[str, Meaning] = {
    "InsufficientInstanceCapacity": Meaning.ELSEWHERE,
    "InsufficientHostCapacity": Meaning.ELSEWHERE,
    "InsufficientReservedInstanceCapacity": Meaning.ELSEWHERE,
    "InsufficientCapacityOnOutpost": Meaning.ELSEWHERE,
    "InsufficientFreeAddressesInSubnet": Meaning.ELSEWHERE,
    "UnfulfillableCapacity": Meaning.ELSEWHERE,
    "Unsupported": Meaning.ELSEWHERE,
    "SpotMaxPriceTooLow": Meaning.ELSEWHERE,
    "MaxSpotInstanceCountExceeded": Meaning.ELSEWHERE,
    "InstanceLimitExceeded": Meaning.ELSEWHERE,
    "VcpuLimitExceeded": Meaning.ELSEWHERE,
    "IdempotentInstanceTerminated": Meaning.SPENT,
    "IdempotentParameterMismatch": Meaning.MISMATCH,
    "RequestLimitExceeded": Meaning.LATER,
    "Throttling": Meaning.LATER,
    "ThrottlingException": Meaning.LATER,
    "ThrottledException": Meaning.LATER,
    "RequestThrottled": Meaning.LATER,
    "TooManyRequestsException": Meaning.LATER,
    "EC2ThrottledException": Meaning.LATER,
    "BandwidthLimitExceeded": Meaning.LATER,
    "PriorRequestNotComplete": Meaning.LATER,
    "InternalError": Meaning.LATER,
    "InternalFailure": Meaning.LATER,
    "InternalServerError": Meaning.LATER,
    "ServiceUnavailable": Meaning.LATER,
    "Unavailable": Meaning.LATER,
    "RequestTimeout": Meaning.LATER,
    "ExpiredToken": Meaning.EXPIRED,
    "ExpiredTokenException": Meaning.EXPIRED,
    "RequestExpired": Meaning.EXPIRED,
    "AuthFailure": Meaning.EXPIRED,
    "InvalidClientTokenId": Meaning.EXPIRED,
    "UnrecognizedClientException": Meaning.EXPIRED,
    "SignatureDoesNotMatch": Meaning.EXPIRED,
    "InvalidSignatureException": Meaning.EXPIRED,
    "AuthFailure.ServiceLinkedRoleCreationNotPermitted": Meaning.DENIED,
    "UnauthorizedOperation": Meaning.DENIED,
    "AccessDenied": Meaning.DENIED,
    "AccessDeniedException": Meaning.DENIED,
    "ParameterNotFound": Meaning.MISSING,
}

NO_ROOM_AFTER_ALL = frozenset({"Server.InsufficientInstanceCapacity", "Server.SpotInstanceTermination"})
"""Why an instance ended at its boot (API_StateReason), where AWS accepted the launch and found no room for it."""

AT_BOOT: Mapping[str, str] = {
    "Client.InternalError": (
        " Mostly that is a disk whose key this controller's role may not use: kms_key of the stack file, and the "
        "statements KeysOfDisks and GrantKeysOfDisks of the policy in docs/ec2.md."
    ),
}
"""What to look at where an instance ended at its boot and AWS does not say why."""


def meaning(code: str, status: int) -> Meaning:
    """Return what an error code with its HTTP status means."""
    known = _BY_CODE.get(code)
    if known is not None:
        return known
    if code.endswith((".NotFound", "NotFound")):
        return Meaning.MISSING
    if code.endswith(("LimitExceeded", "QuotaExceeded")):
        return Meaning.LIMIT
    return Meaning.LATER if status >= 500 else Meaning.WRONG
