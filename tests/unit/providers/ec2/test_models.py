"""The models of botocore that are kept, held to the whole ones."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from botocore.loaders import Loader
from botocore.session import Session

from stackward.providers.ec2 import models, narrowing
from stackward.providers.ec2.instance import Described, Instance

SOURCES = Path(models.__file__).parent
OF_IMAGES = {"RootDeviceName"}
"""Members that an instance has too, and that are read of images."""


@pytest.fixture(scope="module")
def every():
    return Loader()


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATESTTESTTESTTEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.delenv("AWS_DATA_PATH", raising=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    made = str(tmp_path_factory.mktemp("data"))
    models.session(made)
    return made


def kept(data):
    return [path for path in (Path(data) / "ec2" / "models").iterdir() if not path.name.startswith(".")]


def is_narrow(session):
    return session.get_component("data_loader").search_paths != Session().get_component("data_loader").search_paths


def test_every_member_that_is_read_of_an_instance_is_one_of_it(every):
    shapes = every.load_service_model("ec2", "service-2")["shapes"]

    def check(name, outline):
        shape = shapes[name]
        if shape["type"] == "list":
            check(shape["member"]["shape"], outline)
        elif outline:
            assert set(outline) <= set(shape["members"]), name
            for member, of in outline.items():
                check(shape["members"][member]["shape"], of)

    check("DescribeInstancesResult", narrowing.outline(Described))


def test_no_source_asks_an_instance_for_a_member_that_is_not_declared(every):
    """mypy refuses such a member in brackets, and lets it through in `get`."""
    members = every.load_service_model("ec2", "service-2")["shapes"]["Instance"]["members"]
    asked = {
        node.args[0].value
        for source in SOURCES.glob("*.py")
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get"
        if node.args and isinstance(node.args[0], ast.Constant)
    }
    assert asked & set(members) - set(Instance.__annotations__) == OF_IMAGES


@pytest.mark.parametrize("service", models.SERVICES)
def test_what_is_asked_is_as_in_the_whole_model(data, service):
    whole = Session().get_service_model(service)
    narrow = models.session(data).get_service_model(service)

    def told(shape, above=()):
        """All that makes a request of a shape."""
        within = {name: of for name, of in getattr(shape, "members", {}).items() if of.name not in above}
        every = [getattr(shape, name) for name in ("member", "key", "value") if hasattr(shape, name)]
        parts = [*within.items(), *enumerate(of for of in every if of.name not in above)]
        below = {name: told(of, (*above, shape.name)) for name, of in parts}
        return shape.type_name, shape.serialization, shape.metadata, below

    assert narrow.metadata == whole.metadata
    assert narrow.operation_names
    for name in narrow.operation_names:
        its, theirs = narrow.operation_model(name), whole.operation_model(name)
        assert its.http == theirs.http
        assert told(its.input_shape) == told(theirs.input_shape)


@pytest.mark.parametrize(
    "region", ["eu-central-1", "us-east-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1", "eu-test-1"]
)
@pytest.mark.parametrize("variant", [{}, {"use_fips_endpoint": True}, {"use_dualstack_endpoint": True}])
def test_clients_call_where_those_of_the_whole_model_do(data, region, variant):
    for service in models.SERVICES:
        narrow, whole = (
            made.create_client(service, region, config=Config(**variant)).meta
            for made in (models.session(data), Session())
        )
        assert narrow.endpoint_url == whole.endpoint_url
        assert narrow.partition == whole.partition
        assert narrow.config.signature_version == whole.config.signature_version


def test_they_are_made_once(data):
    (folder,) = kept(data)
    made = folder.stat().st_mtime_ns
    assert is_narrow(models.session(data))
    assert [path.stat().st_mtime_ns for path in kept(data)] == [made]


@pytest.mark.parametrize("damage", ["", "{}", "not json"])
def test_damaged_ones_are_made_anew(tmp_path, damage):
    models.session(str(tmp_path))
    (folder,) = kept(tmp_path)
    file = next(folder.glob("ec2/*/service-2.json"))
    file.write_text(damage)
    assert models.client(models.session(str(tmp_path)), "ec2", "eu-central-1").describe_instances
    assert len(file.read_text()) > 10_000
    assert kept(tmp_path) == [folder]


def test_what_a_killed_process_has_left_is_made_good(tmp_path):
    half = tmp_path / "ec2" / "models" / ".new" / "ec2" / "2016-11-15"
    half.mkdir(parents=True)
    (half / "waiters-2.json").write_text("{")
    assert is_narrow(models.session(str(tmp_path)))
    (folder,) = kept(tmp_path)
    assert not half.exists()
    assert not list(folder.rglob("waiters-2.json"))


def test_processes_at_once_end_with_the_same(tmp_path):
    makes = f"from stackward.providers.ec2 import models; models.session({str(tmp_path)!r})"
    first, second = (subprocess.Popen([sys.executable, "-c", makes]) for _ in range(2))
    assert (first.wait(), second.wait()) == (0, 0)
    assert is_narrow(models.session(str(tmp_path)))
    assert len(kept(tmp_path)) == 1


def test_those_of_older_versions_go(tmp_path, monkeypatch):
    for number in range(models.KEPT + 2):
        monkeypatch.setattr(models.botocore, "__version__", str(number))
        monkeypatch.setattr(models, "_files", lambda *_: {"partitions": {}})
        models.session(str(tmp_path))
        newest = max(kept(tmp_path), key=lambda path: path.stat().st_mtime)
        os.utime(newest, (number, number))
    assert len(kept(tmp_path)) == models.KEPT


def test_where_they_cannot_be_kept_the_whole_ones_are_read(tmp_path):
    (tmp_path / "file").write_text("where a folder belongs")
    assert not is_narrow(models.session(str(tmp_path / "file")))


def test_models_of_this_machines_own_are_read_whole(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    assert not is_narrow(models.session(str(tmp_path)))


def test_a_client_of_what_was_not_narrowed_is_made_of_the_whole(data):
    assert models.client(models.session(data), "sts", "eu-central-1").get_caller_identity


def test_a_role_is_taken_on_by_a_service_that_was_not_narrowed(tmp_path, data, monkeypatch):
    file = tmp_path / "config"
    keys = "aws_access_key_id = AKIASHOPSHOPSHOPSHOP\naws_secret_access_key = x\nregion = eu-central-1\n"
    role = "role_arn = arn:aws:iam::123456789012:role/shop\nsource_profile = own\n"
    file.write_text(f"[profile own]\n{keys}[profile shop]\n{role}region = eu-central-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    monkeypatch.setenv("AWS_PROFILE", "shop")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    client = models.client(models.session(data), "ec2", "eu-central-1")
    with pytest.raises(EndpointConnectionError, match=r"127\.0\.0\.1:9"):
        client.describe_instances()
