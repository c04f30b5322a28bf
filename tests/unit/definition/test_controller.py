from dataclasses import replace

import pytest

from stackward.definition.loader import load
from stackward.definition.model import Controller
from stackward.errors import DefinitionError

STACK = """\
plugin: stackward.ops.stack
name: shop
provider: {type: container}
layers: {web: {}}
instances: {web1: {layers: [web]}}
"""
URL = "write where instances reach `stackward serve`, such as https://stackward.example.com:8470"


@pytest.fixture
def read(tmp_path):
    def reading(controller):
        path = tmp_path / "inventory" / "shop.stack.yml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{STACK}controller: {controller}\n")
        return load(str(path), environment={})

    return reading


def test_a_stack_has_no_controller_unless_it_names_one(tmp_path):
    path = tmp_path / "shop.stack.yml"
    path.write_text(STACK)
    assert load(str(path), environment={}).controller is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{url: 'https://ctl.example.com:8470'}", Controller("ctl.example.com", 8470)),
        ("{url: 'https://ctl/stackward/', heartbeat: 1m}", Controller("ctl", 443, "/stackward", every=60.0)),
        ("{url: 'http://[fd00::1]:8470'}", Controller("fd00::1", 8470, tls=False, made=False)),
        ("{url: 'http://192.0.2.1'}", Controller("192.0.2.1", 80, tls=False, made=False)),
    ],
)
def test_where_it_is_and_how_often_agents_report(read, tmp_path, written, meant):
    own = str(tmp_path / "var" / "controller" / "authority.pem") if meant.tls else ""
    assert read(written).controller == replace(meant, authority=own)


def test_an_authority_of_ones_own_is_relative_to_the_file(read, tmp_path):
    found = read("{url: 'https://ctl', authority: ca.pem}").controller
    assert (found.authority, found.made) == (str(tmp_path / "inventory" / "ca.pem"), False)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{}", "6: controller.url: is missing; write url: https://stackward.example.com:8470"),
        ("{url: 5}", f"6: controller.url: is the number 5; {URL}"),
        ("{url: ctl}", f'6: controller.url: "ctl" begins with neither http:// nor https://; {URL}'),
        ("{url: 'https://:8470'}", f'6: controller.url: "https://:8470" names no host; {URL}'),
        ("{url: 'https://ctl:99999'}", f'6: controller.url: "https://ctl:99999" is no URL; {URL}'),
        (
            "{url: 'https://c/?a=b'}",
            f'6: controller.url: "https://c/?a=b" is more than a scheme, a host, a port and a path; {URL}',
        ),
        (
            "{url: 'https://c', heartbeat: 10m}",
            '6: controller.heartbeat: "10m" is too short or too long; write a duration from 1s to 5m, such as 30s',
        ),
        (
            "{url: 'https://c', port: 1}",
            "6: controller.port: unknown key; the keys here are: url, heartbeat, authority",
        ),
    ],
)
def test_what_is_wrong_is_said(read, written, said):
    with pytest.raises(DefinitionError) as caught:
        read(written)
    assert str(caught.value).splitlines()[0].endswith(said)
