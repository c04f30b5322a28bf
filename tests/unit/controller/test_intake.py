import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stackward.controller.batching import Batcher
from stackward.controller.counting import Counts
from stackward.controller.heartbeat_form import LONGEST
from stackward.controller.intake import Desk, application
from stackward.errors import StateError
from stackward.state.heartbeat_taker import HeartbeatTaker
from stackward.state.heartbeats import Fate, Heartbeat, hashed
from stackward.state.store import open_store
from tests.unit.controller.asgi import ask

TOKENS = {"web1": "token-of-web1-token-of-web1", "web2": "token-of-web2-token-of-web2"}
BEAT = {"instance": "shop/web1", "number": 7, "agent": "1", "boot": "b", "cpu": 12.5, "releases": {"storefront": "r1"}}
START = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Intake:
    def __init__(self, path):
        self.store = open_store(f"sqlite:///{path}/state.db")
        with self.store.transaction("shop") as transaction:
            for name, token in TOKENS.items():
                transaction.put_instance(name, ("web",), START)
                transaction.issue_token(name, hashed(token), START)
        self.counts, self.now = Counts(), START
        self.desks = {}

    def run(self, *asked):
        """Send requests, all at once."""

        async def all_of_them():
            batcher = Batcher(self.store, lambda: self.now, self.counts)
            self.desks["shop"] = Desk(batcher, 30.0)
            try:

                async def health():
                    return True, {"ok": True}

                app = application(self.desks, self.counts, health)
                return await asyncio.gather(*(ask(app, *item[:2], **item[2]) for item in asked))
            finally:
                batcher.close()

        return asyncio.run(all_of_them())

    def beat(self, token=TOKENS["web1"], body=None, parts=None, headers=None, **changes):
        sent = json.dumps({**BEAT, **changes}).encode() if body is None else body
        given = {"authorization": f"Bearer {token}", **(headers or {})}
        return "POST", "/heartbeat", {"body": sent, "headers": given, "parts": parts}

    def counted(self, fate):
        return self.counts.of("stackward_heartbeats_total", fate=fate)


@pytest.fixture
def intake(tmp_path):
    made = Intake(tmp_path)
    yield made
    made.store.close()


def test_a_heartbeat_is_saved_before_it_is_answered(intake):
    (answer,) = intake.run(intake.beat())
    assert (answer.status, answer.body) == (204, b"")
    agent = intake.store.agents("shop")["web1"]
    assert (agent.number, agent.heard) == (7, START)
    assert agent.vitals["cpu"] == 12.5
    assert intake.counted("taken") == 1


@pytest.mark.parametrize(
    ("changes", "status", "counted"),
    [
        ({"token": "nobodys-token-nobodys-token"}, 401, "unknown token"),
        ({"token": ""}, 401, "unknown token"),
        ({"headers": {"authorization": "Basic abc"}}, 401, "unknown token"),
        ({"instance": "shop/web2"}, 403, "token of another instance"),
        ({"instance": "other/web1"}, 401, "unknown token"),
        ({"body": b"{"}, 400, "malformed"),
        ({"body": b""}, 400, "malformed"),
        ({"shout": "x"}, 400, "malformed"),
        ({"cpu": 101}, 400, "malformed"),
        ({"cpu": "1"}, 400, "malformed"),
        ({"number": -1}, 400, "malformed"),
        ({"number": 2**60}, 400, "malformed"),
        ({"releases": {str(number): "r" for number in range(21)}}, 400, "malformed"),
        ({"body": b'{"cpu": NaN}'}, 400, "malformed"),
        ({"boot": "x" * LONGEST}, 413, "oversized"),
        ({"headers": {"content-length": None}, "parts": [b"x" * 5000, b"x" * 5000]}, 413, "oversized"),
        ({"headers": {"content-length": "many"}}, 413, "oversized"),
        ({"parts": [b"{", "cut"]}, 400, "malformed"),
    ],
)
def test_what_is_wrong_is_refused_and_counted_and_changes_nothing(intake, changes, status, counted):
    (answer,) = intake.run(intake.beat(**changes))
    assert answer.status == status
    assert answer.headers["stackward-reason"]
    assert intake.counted(counted) == 1
    assert intake.store.agents("shop")["web1"].heard is None


def test_a_replayed_heartbeat_is_refused_with_the_number_to_go_on_from(intake):
    intake.run(intake.beat())
    intake.now += timedelta(seconds=30)
    (answer,) = intake.run(intake.beat(cpu=99.0))
    assert (answer.status, answer.headers["stackward-number"]) == (409, "7")
    assert intake.store.agents("shop")["web1"].vitals["cpu"] == 12.5
    assert intake.counted("replayed") == 1


def test_heartbeats_that_come_too_fast_are_refused(intake):
    intake.run(intake.beat())
    intake.now += timedelta(seconds=3)
    (answer,) = intake.run(intake.beat(number=8))
    assert (answer.status, answer.headers["retry-after"]) == (429, "30")
    intake.now += timedelta(seconds=20)
    (answer,) = intake.run(intake.beat(number=9))
    assert answer.status == 204


def test_of_a_replay_within_one_batch_one_is_taken(intake):
    statuses = sorted(answer.status for answer in intake.run(*[intake.beat()] * 3))
    assert statuses == [204, 409, 409]


def test_a_burst_takes_few_transactions(intake):
    other = intake.beat(token=TOKENS["web2"], instance="shop/web2")
    intake.run(*(intake.beat(number=number) for number in range(50)), other)
    assert intake.counts.of("stackward_heartbeat_batches_total") <= 3
    assert intake.counted("taken") == 2
    assert intake.counted("too frequent") + intake.counted("replayed") == 49


def test_a_token_that_was_revoked_is_nobodys(intake):
    with intake.store.transaction("shop") as transaction:
        assert transaction.revoke_token("web1")
    (answer,) = intake.run(intake.beat())
    assert answer.status == 401


def test_a_state_that_cannot_be_written_is_said(intake, monkeypatch):
    def fail(*_arguments):
        raise StateError("no")

    monkeypatch.setattr(HeartbeatTaker, "take", fail)
    answers = intake.run(intake.beat(), intake.beat())
    assert [answer.status for answer in answers] == [503, 503]
    assert intake.counted("not saved") == 2


def test_a_failure_that_nobody_thought_of_leaves_nobody_waiting(intake, monkeypatch):
    def fail(*_arguments):
        raise RuntimeError("the driver has gone mad")

    async def story():
        batcher = Batcher(intake.store, lambda: START, intake.counts)
        beats = [Heartbeat(hashed(TOKENS[name]), f"shop/{name}", 1) for name in TOKENS]
        monkeypatch.setattr(HeartbeatTaker, "take", fail)
        async with asyncio.timeout(30):
            answers = await asyncio.gather(*map(batcher.take, beats), return_exceptions=True)
        monkeypatch.undo()
        async with asyncio.timeout(30):
            after = await batcher.take(beats[0])
        batcher.close()
        return answers, after

    answers, after = asyncio.run(story())
    assert [str(answer) for answer in answers] == ["the driver has gone mad"] * 2
    assert after.fate is Fate.TAKEN


def test_whatever_waits_has_a_bound(intake, monkeypatch):
    monkeypatch.setattr("stackward.controller.batching.MOST_WAITING", 1)
    answers = intake.run(intake.beat(), intake.beat(token=TOKENS["web2"], instance="shop/web2"))
    assert sorted(answer.status for answer in answers) == [204, 503]
    assert intake.counted("turned away") == 1


def test_it_says_how_it_is_and_what_it_has_counted(intake):
    intake.run(intake.beat())
    health, metrics, other = intake.run(("GET", "/healthz", {}), ("GET", "/metrics", {}), ("GET", "/heartbeat", {}))
    assert (health.status, json.loads(health.body)) == (200, {"ok": True})
    assert b'stackward_heartbeats_total{fate="taken"} 1' in metrics.body
    assert other.status == 405


def test_a_path_in_front_is_no_hindrance(intake):
    method, _path, rest = intake.beat()
    (answer,) = intake.run((method, "/stackward/heartbeat", rest))
    assert answer.status == 204


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    token=st.sampled_from([*TOKENS.values(), "x" * 30, "Bearer", "ü"]),
    body=st.binary(max_size=64)
    | st.dictionaries(st.sampled_from([*BEAT, "x"]), st.none() | st.integers() | st.text() | st.floats()).map(
        lambda changes: json.dumps({**BEAT, **changes}).encode()
    ),
)
def test_whatever_comes_is_answered_and_nobody_speaks_for_another(intake, token, body):
    intake.now += timedelta(seconds=31)
    try:
        headers = {"authorization": f"Bearer {token}"}
        headers["authorization"].encode("latin-1")
    except UnicodeEncodeError:
        return
    before = intake.store.agents("shop")
    (answer,) = intake.run(("POST", "/heartbeat", {"body": body, "headers": headers}))
    after = intake.store.agents("shop")
    changed = {name for name in TOKENS if before[name] != after[name]}
    assert 200 <= answer.status < 500
    assert changed == ({"web1"} if answer.status == 204 else set())
    assert answer.status != 204 or token == TOKENS["web1"]
