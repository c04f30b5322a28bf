"""A time-based instance on a real host: started and stopped by its schedule, held by a person's request."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.endtoend.project import Project, project

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]


def dated(days: int) -> dict[str, object]:
    """A schedule that is open for the whole of a day, so many days from today, and the day after it."""
    first = (datetime.now(UTC) + timedelta(days=days)).date()
    return {f"{first}..{first + timedelta(days=1)}": "00:00-24:00"}


OPEN, SHUT = dated(0), dated(30)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with project(tmp_path_factory.mktemp("scaling"), "scaling") as made:
        write(made, OPEN)
        yield made


def write(shop: Project, schedule: dict[str, object]) -> None:
    shop.write(
        {
            "layers": {"web": {}},
            "instances": {
                "always": {"layers": ["web"]},
                "timed": {"layers": ["web"], "type": "time", "schedule": schedule},
            },
        }
    )


def initiators(shop: Project, instance: str) -> list[tuple[str, str]]:
    entries = shop.store().journal(shop.name, instance=instance, kinds=("request",))
    return [(entry.data["desired"], entry.data["initiated_by"]) for entry in entries]


def recap(printed: str) -> list[str]:
    return [line.split()[0] for line in printed.partition("PLAY RECAP")[2].splitlines()[1:] if " : " in line]


def test_a_start_of_everything_leaves_the_time_based_instance_to_its_schedule(shop):
    shop.play("start")
    assert shop.states() == {"always": "online"}


def test_scale_starts_it_and_the_others_are_configured(shop):
    shop.play("scale")
    assert shop.states() == {"always": "online", "timed": "online"}
    assert initiators(shop, "timed") == [("online", "auto-scaling")]
    assert {record.configured for record in shop.state().instances.values()} == {shop.state().generation}


def test_a_tick_with_nothing_to_do_changes_nothing_and_asks_no_host(shop):
    before, entries = shop.state(), shop.store().journal(shop.name, limit=10_000)
    printed = shop.play("scale")
    assert shop.state() == before
    assert shop.store().journal(shop.name, limit=10_000) == entries
    assert set(recap(printed)) <= {"localhost"}


def test_out_of_its_hours_scale_stops_it_and_keeps_its_machine(shop):
    write(shop, SHUT)
    shop.play("scale")
    assert shop.states() == {"always": "online", "timed": "stopped"}
    assert initiators(shop, "timed")[-1] == ("stopped", "auto-scaling")
    assert shop.machines() == ["always", "timed"]


def test_ticks_at_the_same_time_start_it_once(shop):
    write(shop, OPEN)
    asked = len(initiators(shop, "timed"))
    for process in [shop.begin("scale") for _ in range(3)]:
        printed, _ = process.communicate(timeout=480)
        assert process.returncode == 0, printed
        assert "Traceback" not in printed
    assert shop.states()["timed"] == "online"
    assert len(initiators(shop, "timed")) == asked + 1
    assert shop.machines() == ["always", "timed"]


def test_a_persons_stop_holds_against_the_schedule(shop):
    shop.play("stop", instance="timed")
    shop.play("scale")
    assert shop.states()["timed"] == "stopped"
    shown = json.loads(shop.command("status", "--output", "json").stdout)["stacks"][0]["instances"]
    timed = next(item for item in shown if item["name"] == "timed")
    assert (timed["schedule"]["wanted"], timed["schedule"]["holds"]) == (True, True)
    assert timed["turn"]["text"].startswith("stop by ")
