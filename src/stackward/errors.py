"""Errors that a person reads: what is wrong, where, and what to do."""

from __future__ import annotations


class StackwardError(Exception):
    """Anything that stops Stackward and that its user can do something about.

    The message is one complete sentence or more, fit to be printed without a traceback.
    """


class DefinitionError(StackwardError):
    """The stack file is wrong. Holds every mistake of the file, not just the first."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class StateError(StackwardError):
    """The state store cannot be used: locked, full, corrupt, unreachable or of another version."""


class StaleEpochError(StateError):
    """Another run has taken over this instance since; this run must not touch it any more."""


class TransitionError(StateError):
    """An instance was asked to change to a state that it cannot reach from the one it is in."""


class ProviderError(StackwardError):
    """A machine could not be created, started, stopped, rebooted, terminated or described."""


class AttemptEndedError(ProviderError):
    """The provider's last word on a token: it has no machine, and never will have. Another attempt takes a new token.

    `elsewhere` says that there was no room where the machine was to be; else there was one, and it is gone.
    """

    def __init__(self, message: str, *, elsewhere: bool) -> None:
        self.elsewhere = elsewhere
        super().__init__(message)


class AddressTakenError(ProviderError):
    """Something else has the additional address of an instance, and whoever gave it that may depend on it."""


class MetricsError(StackwardError):
    """A source of measurements does not exist, does not take its options, or can say nothing."""
