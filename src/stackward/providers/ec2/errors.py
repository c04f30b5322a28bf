"""The errors of the calls: what AWS said, and what it means."""

from __future__ import annotations

from stackward.errors import ProviderError
from stackward.providers.ec2.answers import Meaning


class CallError(ProviderError):
    """AWS refused a call, or gave no answer after every retry."""

    def __init__(self, purpose: str, code: str, said: str, meaning: Meaning) -> None:
        self.code = code
        self.meaning = meaning
        super().__init__(
            f"AWS did not {purpose}: {said.rstrip('.')} ({code}).{_OF_CODE.get(code) or _ADVICE.get(meaning, '')}"
        )


_ADVICE = {
    Meaning.EXPIRED: (
        " The credentials of this controller are not good, its clock is wrong, or its account has not enabled the "
        "region. Renew them and ask again; nothing is lost."
    ),
    Meaning.LIMIT: (
        " A limit is reached: give up what nobody uses, or ask AWS for a higher one (Service Quotas), and ask again; "
        "nothing is lost."
    ),
    Meaning.DENIED: " Allow it in the policy of the controller's role; docs/ec2.md has the whole policy.",
    Meaning.UNREACHED: " Is provider.region of the stack file a region of AWS, and does this controller reach it?",
    Meaning.LATER: " It was tried several times. Ask again later; nothing is lost.",
}

_OF_CODE = {
    "NoCredentialsError": (" Set AWS_PROFILE, or give this machine a role; credentials never stand in the stack file."),
    "VPCIdNotSpecified": " Name subnets: provider.subnets in the stack file.",
    "TagLimitExceeded": " Write fewer tags to the stack file: provider.tags.",
    "DependencyViolation": (
        " Something else in the account uses it; AWS's console shows what. Take it away there, and ask again."
    ),
    "InvalidVolume.ZoneMismatch": (
        " Terminate the instance and start it: its next machine is launched in the zone of its volumes."
    ),
    **dict.fromkeys(
        ("VolumeModificationRateExceeded", "IncorrectModificationState"),
        " It was changed not long ago. AWS takes another change when that is complete, which may be hours later; each "
        "converge asks again.",
    ),
    "OperationNotPermitted": " Somebody protects it: take the protection away in the console of AWS, and ask again.",
}
"""What is to be done where the code says more than its meaning."""
