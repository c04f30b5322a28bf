"""What the store holds, as frozen records. All times are UTC and timezone-aware."""

from stackward.state.records.commands import Command, CommandStatus, LogLine
from stackward.state.records.instances import (
    CLAIM_SECONDS,
    AppRelease,
    Claim,
    InstanceRecord,
    MachineRecord,
    Maintenance,
    Request,
)
from stackward.state.records.journal import JournalEntry
from stackward.state.records.measurements import Collected, Evaluated, KnownAlarm, LoadMemory
from stackward.state.records.rollouts import Deployment, HostResult, Rollout, RolloutStatus
from stackward.state.records.sightings import AgentRecord, Listener, Sighting
from stackward.state.records.stack import Pause, StackState

__all__ = [
    "CLAIM_SECONDS",
    "AgentRecord",
    "AppRelease",
    "Claim",
    "Collected",
    "Command",
    "CommandStatus",
    "Deployment",
    "Evaluated",
    "HostResult",
    "InstanceRecord",
    "JournalEntry",
    "KnownAlarm",
    "Listener",
    "LoadMemory",
    "LogLine",
    "MachineRecord",
    "Maintenance",
    "Pause",
    "Request",
    "Rollout",
    "RolloutStatus",
    "Sighting",
    "StackState",
]
