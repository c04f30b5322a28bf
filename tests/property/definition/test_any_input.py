"""Whatever a stack file holds, the loader returns a Stack or names mistakes: never a traceback."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import make_url

from stackward.definition.loader import load, load_text
from stackward.definition.model import Stack
from stackward.errors import DefinitionError

PROBLEM = re.compile(r"shop\.stack\.yml:[1-9][0-9]*: [^\n]+: [^\n]+; [^\n]+")

VALID = """\
plugin: stackward.ops.stack
name: shop
state: sqlite:///shop.db
timezone: Europe/Vienna
provider: {type: container, image: debian-12}
attributes: &common {motd: Shop, numbers: [1, 2.5, true, null]}
layers:
  lb: {uses: haproxy, healthcheck: /healthz, statistics: {port: 8404}}
  web:
    uses: python_app
    recipes: {setup: [hardening, {role: acme.base}]}
    shutdown_timeout: 1m30s
    start_ahead: 5m
    capacity: [{instances: 1, during: {daily: "10:00-12:00", timezone: Europe/Vienna}}]
    attributes: {<<: *common, a: 1}
    scaling:
      load:
        up: {cpu: 80, load: 1.5, requests: 200, for: 5m, add: 2, then_wait: 5m, alarms: [slow]}
        down: {cpu: 30%, alarms: [idle]}
        target: {memory: 55, up_for: 1m}
        min: 2
        max: 3
        policy: recommend
        tolerance: 10%
        reversals: {most: 4, within: 4h}
        metrics: [requests]
  db: {uses: postgresql, volumes: [{mount: /var/lib/postgresql, size: 20G}]}
instances:
  lb1: {layers: [lb], elastic_ip: true, type: 24/7}
  "web[1:3]": {layers: [web], type: load}
  db1: {layers: [db]}
  night1: {layers: [web], type: time, timezone: UTC, schedule: {mon-fri: ["08:00-20:00"], except: 12-24..12-26}}
  night2: {layers: [web], type: time, schedule: {grid: {monday: {"8": on, "9": off}}, 2026-12-06: "22:00-02:00"}}
  night3: {layers: [web], type: time}
apps:
  storefront:
    layers: [web]
    source: {type: git, url: "https://git.example.com/x.git", revision: v1}
    database: db
    domains: [shop.example.com]
    environment: {A: 1.10, KEY: !vault "$ANSIBLE_VAULT;1.1;AES256"}
    deploy: {keep: 5}
"""

CLOUD = """\
plugin: stackward.ops.stack
name: cloud
provider:
  type: ec2
  region: eu-central-1
  image: {ssm: /aws/service/debian/release/12/latest/amd64}
  instance_types: [m6i.large, m5.large]
  market: [spot, on-demand]
  spot_price: "0.10"
  subnets: [subnet-0123456789abcdef0]
  security_groups: [shop]
  root: {type: gp3, size: 20G}
  tags: {team: shop}
databases:
  main: {engine: postgresql, size: 50G, provider: {security_groups: [sg-0123456789abcdef0], multi_az: true}}
layers:
  web: {uses: python_app, provider: {security_groups: [web]}, volumes: [{mount: /srv/data, raid: 10, disks: 4}]}
instances:
  web1: {layers: [web]}
  web2: {layers: [web], provider: {market: on-demand, instance_types: [c6i.xlarge]}}
  rack1: {layers: [web], address: 192.0.2.10, user: admin, power: {start: wakeonlan x}}
users: {anna: {sudo: true, uid: 2001}}
apps:
  storefront:
    layers: [web]
    source: {type: s3, bucket: shop, key: storefront.tgz}
    database: main
    deploy: {batch: {web: 25%}, health: {http: ":8000/", within: 30s}, hooks: {after_serve: [{command: uptime}]}}
"""

WORDS = sorted(
    {*re.findall(r"[A-Za-z0-9_./:\[\]-]+", VALID), "!vault", "[key]", "#git", "<<", "tasks", "directory", "path"}
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(WORDS)
    | st.dates()
    | st.binary()
)
structures: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inside: (
        st.lists(inside, max_size=4)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=3) | st.integers(), inside, max_size=5)
    ),
    max_leaves=20,
)


def _outcome(text: str, environment: dict[str, str] | None = None) -> Stack | DefinitionError:
    try:
        return load_text(text, "shop.stack.yml", environment=environment or {})
    except DefinitionError as error:
        return error


def _load(text: str) -> Stack | None:
    """Load a text; None if it was refused in the right form."""
    outcome = _outcome(text)
    if isinstance(outcome, Stack):
        return outcome
    assert outcome.problems
    assert all(PROBLEM.fullmatch(problem) for problem in outcome.problems), outcome.problems
    lines = [int(problem.split(":")[1]) for problem in outcome.problems]
    assert lines == sorted(lines)
    assert max(lines) <= len(text.splitlines()) + 1
    return None


@pytest.mark.parametrize("text", [VALID, CLOUD])
def test_the_valid_file_is_valid(text: str) -> None:
    assert _load(text) is not None


@given(st.text())
def test_any_text(text: str) -> None:
    assert _load(text) is None


@given(st.text(alphabet="ab:-?&*<![]{}'\"|>%@` \n\t#0.,~\\u"))
def test_any_punctuation(text: str) -> None:
    assert _load(text) is None


@given(structures)
def test_any_structure(structure: Any) -> None:
    _load(yaml.dump(structure, allow_unicode=True))


def replaced(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = data.copy()
    copy[path[0]] = replaced(copy[path[0]], path[1:], value)
    return copy


def part_paths(data: Any) -> list[tuple[Any, ...]]:
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [(), *((key, *path) for key, item in inside for path in part_paths(item))]


class _Loader(yaml.SafeLoader):
    """Reads a vault-encrypted value as a text."""


_Loader.add_constructor("!vault", lambda loader, node: node.value)
DATA = yaml.load(VALID, _Loader)


CLOUD_DATA = yaml.safe_load(CLOUD)


@given(st.sampled_from(part_paths(CLOUD_DATA)), structures)
@example(("provider", "security_groups"), {})
@example(("provider", "security_groups"), [{}])
def test_anything_in_place_of_a_part_of_a_file_for_a_cloud(path: tuple[Any, ...], structure: Any) -> None:
    _load(yaml.safe_dump(replaced(CLOUD_DATA, path, structure), sort_keys=False))


@given(st.sampled_from(part_paths(DATA)), structures)
def test_anything_in_place_of_a_part_of_a_valid_file(path: tuple[Any, ...], structure: Any) -> None:
    _load(yaml.safe_dump(replaced(DATA, path, structure), sort_keys=False))


@given(st.sampled_from(part_paths(DATA)), st.sampled_from(WORDS) | st.text(max_size=3), structures)
def test_an_additional_key_anywhere_in_a_valid_file(path: tuple[Any, ...], key: str, structure: Any) -> None:
    part = DATA
    for step in path:
        part = part[step]
    if isinstance(part, dict):
        _load(yaml.safe_dump(replaced(DATA, path, {**part, key: structure}), sort_keys=False))


@given(
    st.integers(0, len(VALID)),
    st.integers(0, 12),
    st.sampled_from(WORDS) | st.text(max_size=4) | st.sampled_from("[]{}:&*"),
)
def test_a_valid_file_with_a_slip_of_the_keyboard(position: int, length: int, typed: str) -> None:
    _load(VALID[:position] + typed + VALID[position + length :])


@given(content=st.binary() | st.text().map(lambda text: text.encode("utf-16")))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "shop.stack.yml"
    path.write_bytes(content)
    with pytest.raises(DefinitionError) as refusal:
        load(str(path), environment={})
    assert refusal.value.problems


@given(st.text() | st.text().map("sqlite:///{}".format) | st.text().map("postgresql://{}".format))
def test_any_state_in_the_environment(value: str) -> None:
    outcome = _outcome(VALID, {"STACKWARD_STATE": value})
    if isinstance(outcome, Stack):
        make_url(outcome.state)
    else:
        assert all(": state: " in problem for problem in outcome.problems)
