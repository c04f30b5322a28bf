"""Commands and their logs as `stackward logs` shows them."""


def failed(stackward):
    return next(item for item in stackward("logs", "-o", "json").json if item["status"] == "failed")


def test_commands_newest_first_with_result_and_failure(stackward, told):
    found = stackward("logs", "-o", "json").json
    assert [item["id"] for item in found] == sorted((item["id"] for item in found), reverse=True)
    assert failed(stackward)["failure"] == "Install packages: no such package"
    assert len(stackward("logs", "-n", "1", "-o", "json").json) == 1


def test_commands_of_one_instance(stackward, told):
    assert {item["instance"] for item in stackward("logs", "web1", "-o", "json").json} == {"web1"}


def test_the_tasks_of_one_command(stackward, told):
    number = str(failed(stackward)["id"])
    lines = stackward("logs", "--command", number, "-o", "json").json["log"]
    assert [(line["status"], line["text"]) for line in lines] == [("ok", ""), ("failed", "no such package")]
    text = stackward("logs", "--command", number).out
    assert "Install packages" in text
    assert "hardening :" not in text


def test_the_table_fits_into_80_columns(stackward, told):
    ran = stackward("logs")
    assert all(len(line) <= 80 for line in ran.out.splitlines())
    assert "web3" in ran.out


def test_an_unknown_command_or_instance(stackward, told):
    assert (stackward("logs", "-c", "999").code, stackward("logs", "wbe1").code) == (1, 1)
    assert "There is no command 999 of shop" in stackward("logs", "-c", "999").err


def test_nothing_has_run_yet(stackward, project):
    assert "no command has run yet" in stackward("logs").out
    assert stackward("logs", "-o", "json").json == []
    assert not (project / "var").exists()
