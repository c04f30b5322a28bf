"""Sessions of botocore that read narrowed models, which are kept in the stack's data folder for later processes.

Of EC2 alone the whole model has 830 operations, and an instance 70 members: to read it, and all of them in every
answer, costs more than everything else of a look.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import botocore
from botocore.config import Config
from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader
from botocore.session import Session

from stackward.providers.ec2 import narrowing, policy, reading
from stackward.providers.ec2.instance import Described

SERVICES: Mapping[str, str] = {
    "ec2": "ec2",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "rds": "rds",
    "ssm": "ssm",
}
"""The services that are called, and how the policy, and botocore's endpoints, name them."""

KEPT = 4
"""How many models are kept, as several versions of botocore may be in use."""

_READ = {"DescribeInstances": Described}
_ASIDE = ("_retry", "partitions", "sdk-default-configuration")
_DIGEST = "digest"


class _Narrowed(Loader):  # type: ignore[misc]
    """Reads what was narrowed, and nothing else."""

    def is_builtin_path(self, path: str) -> bool:  # noqa: ARG002
        """All of it was botocore's own. Endpoints of anybody else's it would read by older rules."""
        return True


class _Widening(Session):  # type: ignore[misc]
    """Has a session of the whole models make a client for which it lacks something."""

    def create_client(self, service_name: str, *arguments: Any, **named: Any) -> Any:
        """A client of any service: roles and single sign-on call services of their own."""
        try:
            return super().create_client(service_name, *arguments, **named)
        except DataNotFoundError:
            # Some configurations, and maybe a later botocore, read more of a service that was narrowed, too.
            return Session().create_client(service_name, *arguments, **named)


def session(data: str) -> Session:
    """A session for clients of SERVICES with the models that are kept in a stack's data folder, made where missing.

    It is an ordinary one where they cannot be kept, or where this machine has models of its own for botocore.
    """
    made = _Widening()
    every = made.get_component("data_loader")
    if [path for path in every.search_paths if Path(path).is_dir()] == [Loader.BUILTIN_DATA_PATH]:
        folder = _kept(every, Path(data) / "ec2" / "models")
        if folder is not None:
            made.register_component("data_loader", _Narrowed([str(folder)], include_default_search_paths=False))
            made.register_component("response_parser_factory", reading.Parsers())
    return made


def client(session: Session, service: str, region: str) -> Any:
    """A client that repeats nothing by itself, and waits for an answer for a minute."""
    config = Config(
        retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=60, user_agent_extra="stackward"
    )
    return session.create_client(service, region, config=config)


def _kept(every: Loader, place: Path) -> Path | None:
    """The folder of what is kept for this botocore and this package, made where it is missing or damaged."""
    operations = {service: _operations(prefix) for service, prefix in SERVICES.items()}
    read = {operation: narrowing.outline(described) for operation, described in _READ.items()}
    try:
        folder = place / _key(operations, read)
        if not _sound(folder):
            _make(every, folder, operations, read)
    except (OSError, LookupError, DataNotFoundError):
        return None
    return folder


def _key(*asked: Any) -> str:
    """What changes with anything that models are made of."""
    key = hashlib.sha256(json.dumps([botocore.__version__, *asked]).encode())
    for source in (__file__, narrowing.__file__):
        key.update(Path(source).read_bytes())
    return key.hexdigest()[:32]


def _operations(prefix: str) -> list[str]:
    """What the policy lets the provider call of a service."""
    actions = (action.split(":") for of in policy.ACTIONS.values() for action in of)
    return sorted({operation for service, operation in actions if service == prefix})


def _make(
    every: Loader, folder: Path, operations: Mapping[str, list[str]], read: Mapping[str, narrowing.Outline]
) -> None:
    place = folder.parent
    for each in (place.parent, place):
        each.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (place / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _sound(folder):
            return
        candidate = place / ".new"
        shutil.rmtree(candidate, ignore_errors=True)
        for name, content in _files(every, operations, read).items():
            file = candidate / f"{name}.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(content), encoding="utf-8")
        (candidate / _DIGEST).write_text(_digest(candidate), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        candidate.rename(folder)
        others = sorted(place.glob("[!.]*"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in others[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)


def _files(
    every: Loader, operations: Mapping[str, list[str]], read: Mapping[str, narrowing.Outline]
) -> dict[str, narrowing.Model]:
    """Everything that a client of the services is made of, by its path in botocore's data folder."""
    files: dict[str, Any] = {name: every.load_data(name) for name in _ASIDE}
    files["endpoints"] = narrowing.endpoints(every.load_data("endpoints"), SERVICES.values())
    for service, its in operations.items():
        version = every.determine_latest_version(service, "service-2")
        model = every.load_service_model(service, "service-2")
        files[f"{service}/{version}/service-2"] = narrowing.narrowed(model, its, read)
        files[f"{service}/{version}/endpoint-rule-set-1"] = every.load_service_model(service, "endpoint-rule-set-1")
    return files


def _sound(folder: Path) -> bool:
    """Whether everything is there as it was written."""
    try:
        return (folder / _DIGEST).read_text(encoding="utf-8") == _digest(folder)
    except (FileNotFoundError, UnicodeDecodeError):
        return False


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.json")):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(folder)} {len(content)} ".encode())
        digest.update(content)
    return digest.hexdigest()
