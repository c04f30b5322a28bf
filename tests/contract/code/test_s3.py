"""Code from S3, as moto's server answers for it."""

from __future__ import annotations

import hashlib
import io
import logging
import tarfile
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto.core import set_initial_no_auth_action_count

from stackward.definition import loader
from stackward.definition.model import App
from stackward.engine import deployments
from stackward.engine.code import s3
from stackward.engine.rollouts import arguments_of
from stackward.engine.sources import fetch
from stackward.errors import StackwardError
from stackward.lifecycle.states import State
from stackward.providers.ec2 import policy
from stackward.rollout.digest import digest
from stackward.rollout.turns import UNCHANGED
from stackward.state.records import AppRelease, InstanceRecord, StackState
from stackward.state.store import open_store

pytestmark = pytest.mark.aws

with warnings.catch_warnings():
    # It asks for everything that it could ever need; S3 needs Flask alone.
    warnings.filterwarnings("ignore", message="When using MotoServer")
    from moto.server import ThreadedMotoServer

REGION = "eu-west-1"
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def packed(**files: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


def content(archive: Path) -> dict[str, str]:
    with tarfile.open(archive) as tar:
        return {entry.name: tar.extractfile(entry).read().decode() for entry in tar if entry.isreg()}


@dataclass
class Bucket:
    """A bucket of nobody's with versions, and a project whose app comes from it."""

    client: Any
    endpoint: str
    folder: Path

    def put(self, key: str, body: bytes) -> str:
        version: str = self.client.put_object(Bucket="releases", Key=key, Body=body)["VersionId"]
        return version

    def stack(self, **source: str):
        """The stack as it is read from its file."""
        given = {"type": "s3", "bucket": "releases", "key": "site.tar.gz", "region": REGION, "endpoint": self.endpoint}
        file = self.folder / "inventory" / "shop.stack.yml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(
            yaml.safe_dump(
                {
                    "plugin": "stackward.ops.stack",
                    "name": "shop",
                    "provider": {"type": "container"},
                    "layers": {"web": {"uses": "static_web"}},
                    "instances": {"web1": {"layers": ["web"]}},
                    "apps": {"site": {"layers": ["web"], "source": {**given, **source}}},
                }
            )
        )
        return loader.load(str(file), environment={})

    def app(self, **source: str) -> App:
        return self.stack(**source).apps["site"]

    def fetched(self, wanted: str | None = None, **source: str):
        return fetch(str(self.folder / "data"), self.app(**source), wanted)


@pytest.fixture(scope="module")
def server():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    yield "http://{}:{}".format(*running.get_host_and_port())
    running.stop()


@pytest.fixture
def bucket(server, tmp_path, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    client = boto3.client("s3", region_name=REGION, endpoint_url=server)
    client.create_bucket(Bucket="releases", CreateBucketConfiguration={"LocationConstraint": REGION})
    client.put_bucket_versioning(Bucket="releases", VersioningConfiguration={"Status": "Enabled"})
    yield Bucket(client, server, tmp_path)
    for version in client.list_object_versions(Bucket="releases").get("Versions", ()):
        client.delete_object(Bucket="releases", Key=version["Key"], VersionId=version["VersionId"])
    client.delete_bucket(Bucket="releases")


def test_the_policy_of_the_documents_allows_what_is_asked_and_nothing_else(bucket, monkeypatch):
    asked = set()
    client = boto3.session.Session.client

    def listened_to(session, *arguments, **named):
        made = client(session, *arguments, **named)
        made.meta.events.register("before-call", lambda model, **_: asked.add(f"s3:{model.name}"))
        return made

    monkeypatch.setattr(boto3.session.Session, "client", listened_to)
    version = bucket.put("site.tar.gz", packed(page="one\n"))
    bucket.fetched()
    bucket.fetched()
    bucket.fetched(version=version)
    # Of a version it is the same call by another permission.
    assert asked | {"s3:GetObjectVersion"} == set(policy.ACTIONS["ReadCode"])


def no_download(*_arguments: object) -> None:
    raise AssertionError("it was downloaded again")


def test_the_object_as_it_is_now_is_kept_by_its_checksum(bucket):
    body = packed(page="one\n")
    bucket.put("site.tar.gz", body)
    fetched = bucket.fetched()
    assert fetched.revision == hashlib.sha256(body).hexdigest()
    assert content(fetched.archive) == {"page": "one\n"}


def test_an_object_that_is_the_same_is_not_downloaded_again(bucket, monkeypatch):
    bucket.put("site.tar.gz", packed(page="one\n"))
    first = bucket.fetched()
    monkeypatch.setattr(s3, "taken", no_download)
    assert bucket.fetched() == first
    assert bucket.fetched(first.revision) == first


def test_another_object_is_seen_and_the_one_before_stays_for_a_rollback(bucket):
    bucket.put("site.tar.gz", packed(page="one\n"))
    first = bucket.fetched()
    bucket.put("site.tar.gz", packed(page="two\n"))
    second = bucket.fetched()
    assert first.revision != second.revision
    assert bucket.fetched(first.revision) == first
    assert content(first.archive) == {"page": "one\n"}


def test_a_version_stays_what_it_is_whatever_comes_after_it(bucket):
    version = bucket.put("site.tar.gz", packed(page="one\n"))
    bucket.put("site.tar.gz", packed(page="two\n"))
    assert content(bucket.fetched(version=version).archive) == {"page": "one\n"}
    assert content(bucket.fetched().archive) == {"page": "two\n"}


def test_another_folder_of_the_same_object_is_another_revision(bucket):
    bucket.put("site.tar.gz", packed(**{"a/page": "a\n", "b/page": "b\n"}))
    first, second = bucket.fetched(folder="a"), bucket.fetched(folder="b")
    assert first.revision != second.revision
    assert (content(first.archive), content(second.archive)) == ({"page": "a\n"}, {"page": "b\n"})


def test_an_archive_that_has_been_removed_here_is_fetched_again(bucket):
    bucket.put("site.tar.gz", packed(page="one\n"))
    first = bucket.fetched()
    first.archive.unlink()
    assert content(bucket.fetched(first.revision).archive) == {"page": "one\n"}


@pytest.mark.parametrize("memory", ["", "[]", '{"object": []}', "{"])
def test_a_memory_that_is_broken_costs_a_download_and_no_more(bucket, memory):
    bucket.put("site.tar.gz", packed(page="one\n"))
    first = bucket.fetched()
    (first.archive.parent / "object.json").write_text(memory)
    assert bucket.fetched() == first


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"key": "gone.tar.gz"}, r"s3://releases/gone\.tar\.gz: NoSuchKey: The specified key does not exist"),
        ({"bucket": "nowhere"}, r"s3://nowhere/site\.tar\.gz: NoSuchBucket: The specified bucket does not exist"),
        ({"version": "00000000-0000-0000-0000-000000000000"}, "NoSuchVersion: The specified version does not exist"),
        ({"endpoint": "http://127.0.0.1:1"}, r'Could not connect to the endpoint URL: "http://127\.0\.0\.1:1'),
        ({"checksum": f"sha256:{'0' * 64}"}, "has the SHA-256 [0-9a-f]{64}, and the stack file says 0000"),
    ],
    ids=["key", "bucket", "version", "endpoint", "checksum"],
)
def test_what_cannot_be_had_is_named_and_nothing_is_kept(bucket, monkeypatch, source, said):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    bucket.put("site.tar.gz", packed(page="one\n"))
    with pytest.raises(StackwardError, match=said) as raised:
        bucket.fetched(**source)
    assert str(raised.value).endswith("Nothing was deployed.")
    assert not list((bucket.folder / "data").rglob("*.tar.gz"))


def test_credentials_that_are_wrong_or_missing_are_what_is_said(bucket, monkeypatch):
    bucket.put("site.tar.gz", packed(page="one\n"))
    with pytest.raises(StackwardError, match="InvalidAccessKeyId: The AWS Access Key Id you provided does not exist"):
        set_initial_no_auth_action_count(0)(bucket.fetched)()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(StackwardError, match="Unable to locate credentials"):
        bucket.fetched()


def test_a_deploy_of_an_object_that_is_live_already_ships_nothing(bucket, monkeypatch):
    bucket.put("site.tar.gz", packed(page="one\n"))
    stack = bucket.stack()
    app = stack.apps["site"]
    with open_store(f"sqlite:///{bucket.folder}/shop.db") as store:
        live = deployments.for_setup(store, stack, app, lambda: NOW)
        made_with = digest(stack, app, stack.instances["web1"], live.release)
        there = AppRelease("site", live.release, live.revision, made_with)
        record = InstanceRecord("web1", ("web",), State.ONLINE, apps=(there,))
        state = StackState("shop", 1, {"web1": record}, {}, (), store.snapshot("shop").deployments)
        monkeypatch.setattr(s3, "taken", no_download)
        wanted = deployments.wanted(store, stack, state, app, NOW)
    assert (wanted.release, wanted.revision) == (live.release, live.revision)
    assert arguments_of(stack, app, ["web1"], state, wanted, {})["web1"][UNCHANGED] is True
