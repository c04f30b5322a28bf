"""How an instance is, by what was seen of it."""

from datetime import timedelta

import pytest

from stackward.definition.model import Healing
from stackward.healing.verdict import Health, by_instance, sees_somebody, verdict
from tests.unit.healing.fleet import ALIVE, GONE, IMPAIRED, NOW, RECLAIMED, SILENT, STOPPED, UNKNOWN, before, saw


def judged(*sightings, **settings):
    return verdict("web1", by_instance(sightings).get("web1", {}), Healing(**settings), NOW)


@pytest.mark.parametrize(
    ("answers", "health"),
    [
        ({}, Health.UNKNOWN),
        ({"ssh": ALIVE}, Health.WELL),
        ({"ssh": ALIVE, "check": SILENT}, Health.WELL),
        ({"ssh": SILENT}, Health.SUSPECT),
        ({"ssh": SILENT, "provider": ALIVE}, Health.SUSPECT),
        ({"ssh": SILENT, "provider": UNKNOWN, "peer": UNKNOWN}, Health.SUSPECT),
        ({"ssh": SILENT, "provider": ALIVE, "peer": ALIVE}, Health.UNREACHABLE),
        ({"ssh": SILENT, "check": ALIVE, "peer": SILENT}, Health.UNREACHABLE),
        ({"ssh": SILENT, "provider": UNKNOWN, "peer": SILENT}, Health.LOST),
        ({"ssh": SILENT, "provider": ALIVE, "peer": SILENT, "check": SILENT}, Health.LOST),
        ({"ssh": SILENT, "provider": STOPPED}, Health.STOPPED),
        ({"ssh": SILENT, "provider": GONE, "peer": SILENT}, Health.GONE),
        ({"ssh": ALIVE, "provider": GONE}, Health.WELL),
        ({"ssh": SILENT, "provider": IMPAIRED, "peer": UNKNOWN}, Health.LOST),
        ({"ssh": SILENT, "provider": IMPAIRED, "peer": ALIVE}, Health.UNREACHABLE),
        ({"ssh": SILENT, "heartbeat": SILENT, "provider": ALIVE}, Health.SUSPECT),
        ({"ssh": SILENT, "heartbeat": SILENT, "peer": SILENT}, Health.LOST),
        ({"ssh": SILENT, "heartbeat": ALIVE, "peer": SILENT}, Health.UNREACHABLE),
        ({"ssh": SILENT, "heartbeat": ALIVE, "provider": STOPPED}, Health.STOPPED),
        ({"ssh": ALIVE, "heartbeat": ALIVE}, Health.WELL),
        ({"ssh": ALIVE, "heartbeat": UNKNOWN}, Health.WELL),
        ({"ssh": ALIVE, "heartbeat": SILENT}, Health.UNHEARD),
        ({"ssh": ALIVE, "provider": RECLAIMED}, Health.RECLAIMED),
        ({"ssh": SILENT, "provider": RECLAIMED, "peer": ALIVE}, Health.RECLAIMED),
        ({"ssh": UNKNOWN, "provider": RECLAIMED}, Health.UNKNOWN),
        ({"ssh": ALIVE, "provider": UNKNOWN}, Health.WELL),
    ],
)
def test_the_witnesses_together_say_how_it_is(answers, health):
    assert judged(*saw("web1", **answers)).health is health


def test_it_is_suspect_until_it_was_silent_for_long_enough():
    silent = saw("web1", since=before(seconds=299), ssh=SILENT, peer=SILENT)
    assert judged(*silent).health is Health.SUSPECT
    assert judged(*silent).reason == ("SSH is silent since 11:55:01 UTC (ssh says so); lost at 12:00:01 UTC")
    assert judged(*saw("web1", since=before(seconds=300), ssh=SILENT, peer=SILENT)).health is Health.LOST
    assert judged(*silent, after=60.0).health is Health.LOST


def test_a_machine_that_is_impaired_is_given_the_same_time():
    just = saw("web1", since=before(seconds=299), ssh=SILENT, provider=IMPAIRED, peer=SILENT)
    assert judged(*just).health is Health.SUSPECT


@pytest.mark.parametrize(("witness", "settings"), [("check", {"for_check": True}), ("heartbeat", {})])
def test_one_that_answers_is_well_until_another_witness_was_silent_for_long_enough(witness, settings):
    def seen(seconds):
        silent = saw("web1", since=before(seconds=seconds), **{witness: SILENT})
        return judged(*saw("web1", ssh=ALIVE), *silent, **settings).health

    assert seen(299) is Health.WELL
    assert seen(300) is {"check": Health.UNFIT, "heartbeat": Health.UNHEARD}[witness]


def test_a_machine_that_is_impaired_is_lost_by_all_who_say_so():
    said = judged(*saw("web1", ssh=SILENT, provider=IMPAIRED, peer=SILENT)).reason
    assert said.endswith(", and provider says so, and peer says so")
    alone = judged(*saw("web1", ssh=SILENT, provider=IMPAIRED, peer=UNKNOWN)).reason
    assert alone.endswith(", and provider says so")


def test_a_failing_check_is_a_reason_only_where_the_file_says_so_and_after_as_long():
    failing = saw("web1", ssh=ALIVE, check=SILENT)
    assert judged(*failing).health is Health.WELL
    assert "its check fails: check says so" in judged(*failing).reason
    assert judged(*failing, for_check=True).health is Health.UNFIT
    assert judged(*failing, for_check=True, after=timedelta(hours=1).total_seconds()).health is Health.WELL


def test_an_agent_that_was_cut_off_with_its_host_is_given_time_from_when_the_host_answers():
    def seen(seconds):
        cut_off = saw("web1", since=before(seconds=3600), heartbeat=SILENT)
        return judged(*cut_off, *saw("web1", since=before(seconds=seconds), ssh=ALIVE))

    assert seen(299).health is Health.WELL
    assert seen(300).health is Health.UNHEARD
    assert seen(300).since == before(seconds=300)


def test_an_agent_is_given_the_same_time_as_a_host():
    just = saw("web1", since=before(seconds=299), ssh=ALIVE, heartbeat=SILENT)
    assert (judged(*just).health, judged(*just).reason) == (Health.WELL, "SSH answers; heartbeat says so")


def test_who_is_reported_to_is_not_cut_off():
    assert sees_somebody((*saw("web1", ssh=SILENT), *saw("web2", ssh=SILENT, heartbeat=ALIVE)))


def test_who_reaches_nobody_may_be_cut_off():
    assert not sees_somebody((*saw("web1", ssh=SILENT), *saw("web2", ssh=SILENT, provider=ALIVE)))
    assert not sees_somebody((*saw("web1", ssh=SILENT), *saw("web2", ssh=SILENT, peer=ALIVE)))
    assert sees_somebody((*saw("web1", ssh=SILENT), *saw("web2", ssh=SILENT, check=ALIVE)))
    assert sees_somebody(())


def test_a_notice_is_the_reason_itself_and_one_that_cannot_be_asked_for_is_said():
    assert judged(*saw("web1", ssh=ALIVE, provider=RECLAIMED)).reason == "provider says so"
    assert judged(*saw("web1", ssh=ALIVE, provider=UNKNOWN)).reason == "SSH answers; provider says so"
