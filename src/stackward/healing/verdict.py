"""From what the witnesses saw of an instance to how it is. Unknown is never dead, and one witness is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from stackward.definition.model import Healing
from stackward.lifecycle.health import Answer, Witness
from stackward.state.records import Sighting


class Health(Enum):
    """How an instance is."""

    WELL = "well"
    UNKNOWN = "unknown"
    """Nobody could look, or has looked yet."""
    SUSPECT = "suspect"
    """It is silent, and not for long enough, or without a second witness."""
    UNREACHABLE = "unreachable"
    """It is silent for this controller, and somebody else says that it lives."""
    LOST = "lost"
    """It is silent for long enough, and a second witness says so too."""
    STOPPED = "stopped"
    """Somebody else has stopped its machine."""
    GONE = "gone"
    """Its machine is no more."""
    RECLAIMED = "reclaimed"
    """Whoever runs its machine takes it back within minutes."""
    UNFIT = "unfit"
    """It answers, and its layer's check fails for long enough."""
    UNHEARD = "unheard"
    """It answers, and for long enough its agent has been silent all the same."""


PROVEN = frozenset({Health.GONE, Health.STOPPED, Health.RECLAIMED})
"""What the provider says itself: nobody's silence is needed to believe it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an instance is, why, and since when it has been seen so."""

    instance: str
    health: Health
    reason: str
    since: datetime | None = None


def by_instance(sightings: Iterable[Sighting]) -> dict[str, dict[Witness, Sighting]]:
    """Sightings by instance and witness."""
    found: dict[str, dict[Witness, Sighting]] = {}
    for item in sightings:
        found.setdefault(item.instance, {})[item.witness] = item
    return found


def verdict(instance: str, seen: Mapping[Witness, Sighting], healing: Healing, now: datetime) -> Verdict:
    """How an instance is by what was seen of it."""
    ssh = seen.get(Witness.SSH)
    if ssh is None or ssh.answer is Answer.UNKNOWN:
        return Verdict(
            instance, Health.UNKNOWN, "nobody has looked" if ssh is None else ssh.text or "nobody could look"
        )
    provider = seen.get(Witness.PROVIDER)
    if provider is not None and provider.answer is Answer.RECLAIMED:
        return Verdict(instance, Health.RECLAIMED, provider.text, provider.since)
    if ssh.answer is Answer.ALIVE:
        return _answering(instance, seen, ssh, healing, now)
    return _silent(instance, ssh, seen, healing, now)


def _answering(
    instance: str, seen: Mapping[Witness, Sighting], ssh: Sighting, healing: Healing, now: datetime
) -> Verdict:
    check = seen.get(Witness.CHECK)
    if check is None or check.answer is not Answer.SILENT:
        return _unheard(instance, seen, ssh, healing, now)
    if now - check.since < timedelta(seconds=healing.after) or not healing.for_check:
        return Verdict(instance, Health.WELL, f"SSH answers; its check fails: {check.text}", ssh.since)
    return Verdict(instance, Health.UNFIT, f"its check fails since {_clock(check.since)}: {check.text}", check.since)


def _unheard(
    instance: str, seen: Mapping[Witness, Sighting], ssh: Sighting, healing: Healing, now: datetime
) -> Verdict:
    agent, provider = seen.get(Witness.HEARTBEAT), seen.get(Witness.PROVIDER)
    if agent is None or agent.answer is not Answer.SILENT:
        unasked = provider is not None and provider.answer is Answer.UNKNOWN
        also = f"; {provider.text}" if provider is not None and unasked else ""
        return Verdict(instance, Health.WELL, f"SSH answers{also}", ssh.since)
    # What was cut off from here as a whole has had no way for its agent's reports either.
    since = max(agent.since, ssh.since)
    if now - since < timedelta(seconds=healing.after):
        return Verdict(instance, Health.WELL, f"SSH answers; {agent.text}", ssh.since)
    return Verdict(instance, Health.UNHEARD, f"SSH answers, and {agent.text}", since)


def _silent(instance: str, ssh: Sighting, seen: Mapping[Witness, Sighting], healing: Healing, now: datetime) -> Verdict:
    provider, peer, check, agent = (
        seen.get(each) for each in (Witness.PROVIDER, Witness.PEER, Witness.CHECK, Witness.HEARTBEAT)
    )
    silence = f"SSH is silent since {_clock(ssh.since)} ({ssh.text})"
    if provider is not None and provider.answer is Answer.GONE:
        return Verdict(instance, Health.GONE, f"{silence}, and its machine is gone ({provider.text})", ssh.since)
    if provider is not None and provider.answer is Answer.STOPPED:
        return Verdict(
            instance, Health.STOPPED, f"{silence}, and its machine does not run ({provider.text})", ssh.since
        )
    if peer is not None and peer.answer is Answer.ALIVE:
        return Verdict(instance, Health.UNREACHABLE, f"{silence}, but {peer.text}", ssh.since)
    if check is not None and check.answer is Answer.ALIVE:
        return Verdict(instance, Health.UNREACHABLE, f"{silence}, but its check passes", ssh.since)
    if agent is not None and agent.answer is Answer.ALIVE:
        return Verdict(instance, Health.UNREACHABLE, f"{silence}, but {agent.text}", ssh.since)
    due = ssh.since + timedelta(seconds=healing.after)
    if now < due:
        return Verdict(instance, Health.SUSPECT, f"{silence}; lost at {_clock(due)}", ssh.since)
    if provider is not None and provider.answer is Answer.IMPAIRED:
        also = f", and {peer.text}" if peer is not None and peer.answer is Answer.SILENT else ""
        return Verdict(instance, Health.LOST, f"{silence}, and {provider.text}{also}", ssh.since)
    if peer is None or peer.answer is not Answer.SILENT:
        why = peer.text if peer is not None else "no other instance could be asked"
        return Verdict(instance, Health.SUSPECT, f"{silence}, and there is no second witness: {why}", ssh.since)
    return Verdict(instance, Health.LOST, f"{silence}, and {peer.text}", ssh.since)


def sees_somebody(sightings: Iterable[Sighting]) -> bool:
    """Whether the controller has reached anybody: one that has not may itself be what is cut off."""
    ways = (Witness.SSH, Witness.CHECK, Witness.HEARTBEAT)
    looked = [item for item in sightings if item.witness in ways]
    return not looked or any(item.answer is Answer.ALIVE for item in looked)


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M:%S} UTC"
