"""The published JSON Schema."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jsonschema
import pytest
import yaml

from stackward.definition import json_schema

from .conftest import BUILT_IN

PUBLISHED = Path(__file__).parents[3] / "schema" / "stack.schema.json"


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json_schema.schema(BUILT_IN))


def _check(text: str) -> None:
    _validator().validate(yaml.safe_load(text))


def test_the_published_schema_is_up_to_date() -> None:
    assert PUBLISHED.read_text() == json_schema.rendered(), (
        "run: python -m stackward.definition.json_schema > schema/stack.schema.json"
    )


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema.schema())


def test_a_valid_file_fits_the_schema(valid: str) -> None:
    _check(valid)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: shop", "name: Shop"),
        ("  db:\n", "  Db:\n"),
        ("uses: balancer", "uses: balancr"),
        ("healthcheck: /healthz", "healthchek: /healthz"),
        ("healthcheck: /healthz", "port: 80"),
        ("healthcheck: /healthz", "healthcheck: healthz"),
        ("setup: [hardening]", "setup: hardening"),
        ("setup: [hardening]", "setup: [{puppet: [x.pp]}]"),
        ("[{mount: /var/lib/db, size: 20G}]", "[{mount: /var/lib/db, size: 20}]"),
        ("web[1:2]", "web_[1:2]"),
        ("elastic_ip: true", "elastic_ip: maybe"),
        ("type: git", "type: svn"),
        ("LANGUAGE: de", "language: de"),
        ("keep: 3", "keep: 0"),
        ("db1: {layers: [db]}", "db1: {layers: [db], type: weekly}"),
        ("db1: {layers: [db]}", "db1: {layers: [db], type: time, schedule: {}}"),
        ("db1: {layers: [db]}", 'db1: {layers: [db], type: time, schedule: {mon-fry: "08:00-20:00"}}'),
        ("db1: {layers: [db]}", 'db1: {layers: [db], type: time, schedule: {mon: "8-20"}}'),
        ("db1: {layers: [db]}", 'db1: {layers: [db], type: time, schedule: {grid: {monday: {"24": on}}}}'),
        ("uses: server", "uses: server\n    capacity: [{instances: 0, during: {daily: 00:00-24:00}}]"),
        ("uses: server", "uses: server\n    start_ahead: soon"),
    ],
)
def test_a_mistake_does_not_fit_the_schema(valid: str, old: str, new: str) -> None:
    assert old in valid
    with pytest.raises(jsonschema.ValidationError):
        _check(valid.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("setup: [hardening]", "setup: [{tasks: x.yml}, {role: acme.web.base}]"),
        ("uses: server", "uses: server\n    port: 8080\n    shutdown_timeout: 1h30m"),
        ("uses: server", "drain: false"),
        ("uses: server", "capacity:"),
        ("db1: {layers: [db]}", "db1: {layers: [db], type: time, schedule: }"),
        ("LANGUAGE: de", "WORKERS: 4"),
        ("web[1:2]", "web[01:10:2]-[a:c]"),
        ("uses: server", "uses: server\n    start_ahead: true\n    timezone: Europe/Vienna"),
        (
            "uses: server",
            'uses: server\n    capacity: [{instances: 1, during: {daily: ["00:00-09:00", "10:00-24:00"]}}]',
        ),
        (
            "db1: {layers: [db]}",
            'db1: {layers: [db], type: time, schedule: {mon-fri: "08:00-20:00", "sat,sun": ["9:00 - 10:00"], '
            'except: ["12-24..12-26", "2026-12-31"], "2026-12-06": "22:00-02:00", timezone: Europe/Vienna}}',
        ),
        (
            "db1: {layers: [db]}",
            'db1: {layers: [db], type: time, schedule: {grid: {monday: {"8": on, "9": "off"}, Sunday: {"23": "on"}}}}',
        ),
    ],
)
def test_what_the_loader_takes_fits_the_schema(valid: str, old: str, new: str) -> None:
    assert old in valid
    _check(valid.replace(old, new))
