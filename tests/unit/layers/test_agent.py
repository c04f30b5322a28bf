from dataclasses import replace

from stackward.definition.model import Controller
from stackward.layers import compile_event
from stackward.layers.context import AgentOnInstance
from stackward.lifecycle.events import Event
from tests.unit.layers.contexts import contexts, file_at, resource, stack

CONTROLLER = Controller("ctl.example.com", 8470, "/stackward", every=20.0, authority="/ca.pem")
OWN = stack(layers={"own": stack().layers["own"]}, apps={})


def compiled(agent, event=Event.CONFIGURE):
    return compile_event([replace(context, agent=agent) for context in contexts(event, of=OWN)])


def paths(resources):
    return [entry.path for entry in resources if entry.kind == "file"]


def test_without_a_controller_there_is_no_agent():
    assert not [entry for entry in compiled(None) if "agent" in entry.name]


def test_it_has_a_program_settings_an_authority_a_token_and_a_unit():
    resources = compiled(AgentOnInstance(CONTROLLER, "program", "certificate", "token"), Event.SETUP)
    assert file_at(resources, "/usr/local/lib/stackward/agent.py").content == "program"
    assert file_at(resources, "/etc/stackward/agent-authority.pem").content == "certificate"
    settings = file_at(resources, "/etc/stackward/agent.conf").content
    assert (
        "instance = shop/all1\nhost = ctl.example.com\nport = 8470\npath = /stackward/heartbeat\nevery = 20\n"
        in settings
    )
    token = file_at(resources, "/etc/stackward/agent.token")
    assert (token.content, token.mode, token.secret) == ("token\n", "0600", True)
    assert "WatchdogSec=100" in file_at(resources, "/etc/systemd/system/stackward-agent.service").content
    assert resource(resources, "service", "agent").running


def test_a_token_that_it_has_is_left_alone():
    assert "/etc/stackward/agent.token" not in paths(compiled(AgentOnInstance(CONTROLLER, "p", "c")))


def test_without_tls_nothing_is_pinned():
    plain = replace(CONTROLLER, tls=False, authority="", host="fd00::1")
    resources = compiled(AgentOnInstance(plain, "p", "", "t"))
    assert "/etc/stackward/agent-authority.pem" not in paths(resources)
    assert "host = [fd00::1]" in file_at(resources, "/etc/stackward/agent.conf").content


def test_one_that_is_not_wanted_any_more_goes():
    resources = compiled(AgentOnInstance(None))
    assert not resource(resources, "service", "agent").running
    gone = {entry.path for entry in resources if entry.kind == "absent"}
    assert {"/etc/stackward/agent.token", "/usr/local/lib/stackward/agent.py"} <= gone


def test_other_events_leave_it_alone():
    assert not [entry for entry in compiled(AgentOnInstance(CONTROLLER, "p"), Event.DEPLOY) if "agent" in entry.name]


def test_a_token_is_in_no_text_about_it():
    assert "secret" not in repr(AgentOnInstance(CONTROLLER, "p", "c", "secret"))
