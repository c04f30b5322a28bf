"""A reboot is over once the machine is in another boot, not when SSH answers: it may not have begun by then."""

from __future__ import annotations

import pytest

from stackward.definition.model import ProviderChoice
from stackward.errors import ProviderError
from stackward.observe import boots, over_ssh
from stackward.state.records import MachineRecord

MACHINE = MachineRecord("t", 1, {}, "i-1", "192.0.2.7", 2222)
ITS = ProviderChoice("ec2", {"user": "stackward"})


@pytest.fixture
def said(monkeypatch):
    """What the machine answers, one after the other, and what it was asked."""
    answers: list[tuple[int, str]] = []
    asked = []

    def run(data, errands):
        asked.append((data, errands[""]))
        return {"": answers.pop(0)}

    monkeypatch.setattr(over_ssh, "run", run)
    monkeypatch.setattr(boots.time, "sleep", lambda _: None)
    return answers, asked


def test_a_machine_is_asked_as_whoever_may_log_in(said):
    said[0].append((0, "one 11"))
    assert boots.mark("/data", ITS, MACHINE) == "one 11"
    ((data, errand),) = said[1]
    assert (data, errand.address, errand.port, errand.user, errand.as_root) == (
        "/data", "192.0.2.7", 2222, "stackward", True,
    )  # fmt: skip


@pytest.mark.parametrize("options", [{"connection": "ssm", "user": "stackward"}, {"user": "stackward"}])
def test_one_that_is_not_reached_over_ssh_or_is_silent_says_nothing(said, options):
    said[0].append((255, "no answer"))
    assert boots.mark("/data", ProviderChoice("ec2", options), MACHINE) == ""


def test_it_is_waited_for_through_the_same_boot_and_through_silence(said):
    said[0].extend([(0, "one 11"), (0, "one 11"), (255, "no answer"), (255, "no answer"), (0, "one 99")])
    boots.wait_for_another("web1", lambda: boots.mark("/data", ITS, MACHINE), "one 11", 60.0)
    assert said[0] == []


def test_one_that_never_reboots_is_told(said):
    said[0].append((0, "one 11"))
    with pytest.raises(ProviderError, match="web1 was told to reboot, and has not come back"):
        boots.wait_for_another("web1", lambda: boots.mark("/data", ITS, MACHINE), "one 11", -1.0)
