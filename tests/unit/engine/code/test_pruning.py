"""Code on the controller that nobody needs any more goes, and only that."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stackward.engine.code import pruning
from stackward.engine.code.kept import archive_of, folder_of
from stackward.engine.deployments import revisions
from stackward.errors import StackwardError
from stackward.lifecycle.states import Initiator
from stackward.state.records import AppRelease, Command, CommandStatus, Deployment, InstanceRecord, StackState

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LONG_AGO = (NOW - timedelta(days=1)).timestamp()


def put(path: Path, since: float = LONG_AGO) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (since, since))
    return path


def test_what_is_live_on_an_instance_or_asked_for_is_needed():
    record = InstanceRecord("web1", ("web",), apps=(AppRelease("site", "r1", "on-instance"),))
    wanted = {"app": "site", "revision": "asked"}
    asked = Command(1, 1, "web1", "deploy", wanted, Initiator.USER, "", False, CommandStatus.PENDING, NOW)
    live = {"site": Deployment("site", "r2", "live", NOW), "blog": Deployment("blog", "r9", "another", NOW)}
    state = StackState("shop", 1, {"web1": record}, {}, (asked,), live)
    assert revisions(state, "site") == {"on-instance", "asked", "live"}


def test_leftovers_of_broken_fetches_go_and_mirror_memory_and_lock_stay(tmp_path):
    data, folder = str(tmp_path), folder_of(str(tmp_path), "site")
    stays = [put(folder / name) for name in (".lock", "object.json", "repository.git/HEAD")]
    goes = [put(folder / name) for name in ("download-x", "submodules-y/file", "abc.tar.new")]
    os.utime(folder / "submodules-y", (LONG_AGO, LONG_AGO))
    assert len(pruning.prune(data, "site", (), NOW)) == 3
    assert all(path.exists() for path in stays)
    assert not any(path.exists() for path in goes)


def test_an_archive_that_a_deploy_has_just_fetched_stays(tmp_path):
    fresh = put(archive_of(str(tmp_path), "site", "new"), NOW.timestamp())
    assert pruning.prune(str(tmp_path), "site", (), NOW) == ()
    assert fresh.exists()


def test_all_code_of_an_app_that_is_nowhere_goes(tmp_path):
    for app in ("site", "gone"):
        put(archive_of(str(tmp_path), app, "a"))
        os.utime(folder_of(str(tmp_path), app), (LONG_AGO, LONG_AGO))
    assert pruning.prune_departed(str(tmp_path), {"site"}, NOW) == ("gone",)
    assert [path.name for path in (tmp_path / "sources").iterdir()] == ["site"]


def test_code_of_another_stack_in_the_same_folder_stays(tmp_path):
    for app in ("theirs", "ours"):
        put(archive_of(str(tmp_path), app, "a"))
        os.utime(folder_of(str(tmp_path), app), (LONG_AGO, LONG_AGO))
    assert pruning.prune_departed(str(tmp_path), (), NOW, lambda app: app == "ours") == ("ours",)
    assert [path.name for path in (tmp_path / "sources").iterdir()] == ["theirs"]


def test_where_nothing_was_ever_fetched_there_is_nothing_to_do(tmp_path):
    assert pruning.prune(str(tmp_path), "site", (), NOW) == ()
    assert pruning.prune_departed(str(tmp_path), (), NOW) == ()


def test_what_cannot_be_removed_is_said(tmp_path, monkeypatch):
    put(archive_of(str(tmp_path), "site", "a"))

    def refuse(_path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(pruning, "_remove", refuse)
    with pytest.raises(StackwardError, match=r"cannot be removed from .*/sources/site: Permission denied\."):
        pruning.prune(str(tmp_path), "site", (), NOW)
