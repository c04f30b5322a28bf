# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was there before is remembered before it changes, and put back whole."""

from __future__ import annotations

import json

from ansible_collections.stackward.ops.tests.unit.plugins.modules.resources import file, link


def test_files_and_links_get_back_what_they_were_and_what_was_not_there_goes(host):
    (host.folder / "kept").write_text("old")
    (host.folder / "kept").chmod(0o640)
    (host.folder / "live").symlink_to("one")
    resources = (
        file(host.path("kept"), "new"),
        file(host.path("added"), "new"),
        link(host.path("live"), "two"),
    )
    host.ensure(*resources, undo="rollout-1")
    assert (host.folder / "kept").read_text() == "new"
    result = host.ensure(undo="rollout-1", take_back=True)
    assert {entry["message"] for entry in result["results"]} == {"put back"}
    assert (host.folder / "kept").read_text() == "old"
    assert host.mode("kept") == "0o640"
    assert not (host.folder / "added").exists()
    assert (host.folder / "live").readlink().name == "one"


def test_what_a_first_call_found_counts_and_not_what_a_second_one_does(host):
    (host.folder / "a").write_text("old")
    host.ensure(file(host.path("a"), "new"), undo="rollout-1")
    host.ensure(file(host.path("a"), "newer"), undo="rollout-1")
    host.ensure(undo="rollout-1", take_back=True)
    assert (host.folder / "a").read_text() == "old"


def test_another_name_forgets_the_one_before_and_nothing_is_taken_back_twice(host):
    (host.folder / "a").write_text("one")
    host.ensure(file(host.path("a"), "two"), undo="rollout-1")
    host.ensure(file(host.path("a"), "three"), undo="rollout-2")
    assert host.ensure(undo="rollout-1", take_back=True)["changed"] is False
    host.ensure(undo="rollout-2", take_back=True)
    assert (host.folder / "a").read_text() == "two"
    assert host.ensure(undo="rollout-2", take_back=True)["changed"] is False


def test_a_service_restarts_with_what_it_had(host):
    host.unit("web.service")
    (host.folder / "settings").write_text("old")
    host.ensure(file(host.path("settings"), "new", notify=["restart:web.service"]), undo="rollout-1")
    assert host.calls() == ["restart web.service"]
    host.ensure(undo="rollout-1", take_back=True)
    assert host.calls() == ["restart web.service"]


def test_what_is_remembered_is_for_root_alone(host):
    (host.folder / "secret").write_text("old password")
    host.ensure(file(host.path("secret"), "new password", secret=True), undo="rollout-1")
    (remembered,) = (host.state / "undo").iterdir()
    assert oct(remembered.stat().st_mode & 0o777) == "0o600"
    assert oct((host.state / "undo").stat().st_mode & 0o777) == "0o700"
    assert json.loads(remembered.read_text())[0]["path"] == host.path("secret")


def test_check_mode_takes_nothing_back(host):
    (host.folder / "a").write_text("old")
    host.ensure(file(host.path("a"), "new"), undo="rollout-1")
    host.ensure(undo="rollout-1", take_back=True, _ansible_check_mode=True)
    assert (host.folder / "a").read_text() == "new"
