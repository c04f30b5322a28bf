"""Keys and values of the stack, its instances and its apps that are not accepted."""

from __future__ import annotations

import pytest

from .conftest import Problems

LOWER = "lower-case letters, digits and {}, a letter first, 32 characters at most, such as"
TOP_KEYS = (
    "plugin, name, state, data, timezone, provider, controller, retention, attributes, layers, instances, apps, "
    "databases, users, metrics, compose, groups, keyed_groups, strict, leading_separator, use_extra_vars"
)
SOURCE = "write {type: git, url: …}, {type: archive, url: …}, {type: s3, bucket: …} or {type: directory, path: …}"
STATE = "write sqlite:///path of a file or postgresql://user@host/database"
LATER = "is not supported in this version of Stackward; remove it"

MISTAKES = {
    "plugin": (
        "ops.stack",
        "ops.stock",
        '1: plugin: is the string "stackward.ops.stock"; write stackward.ops.stack',
    ),
    "name missing": ("name: shop\n", "", "1: name: is missing; write name: shop"),
    "name wrong": (
        "name: shop",
        "name: Shop",
        f'2: name: "Shop" is not accepted; write {LOWER.format("hyphens")} shop',
    ),
    "name number": (
        "name: shop",
        "name: 5",
        f"2: name: is the number 5; write {LOWER.format('hyphens')} shop "
        "(a text that looks like a number needs quotes)",
    ),
    "unknown key": ("attributes: {motd", "atributes: {motd", '4: atributes: unknown key; did you mean "attributes"?'),
    "unknown key without a guess": (
        "attributes: {motd: Shop}",
        "zzz: 1",
        f"4: zzz: unknown key; the keys here are: {TOP_KEYS}",
    ),
    "attributes not a mapping": (
        "{motd: Shop}",
        "[motd]",
        "4: attributes: is a list; write a mapping of keys and values, such as {motd: Shop}",
    ),
    "provider not a mapping": (
        "{type: container, image: debian-12}",
        "container",
        '3: provider: is the string "container"; write a mapping of keys and values, such as '
        "{type: container, image: debian-12}",
    ),
    "provider without type": ("type: container, ", "", "3: provider.type: is missing; write type: container"),
    "instance layers text": (
        "db1: {layers: [db]}",
        "db1: {layers: [db]}\n  db2: {layers: db}",
        '20: instances.db2.layers: is the string "db"; write a list, such as [web]',
    ),
    "instance layer number": (
        "layers: [db]}",
        "layers: [db, 1]}",
        "19: instances.db1.layers[1]: is the number 1; write a text",
    ),
    "instance type": (
        "layers: [db]}",
        "layers: [db], type: 24x7}",
        '19: instances.db1.type: "24x7" is not a type of instance; write "24/7", time or load',
    ),
    "app source kind": (
        "{type: git, url",
        "{type: svn, url",
        f'23: apps.storefront.source: "svn" is not a type of source; {SOURCE}',
    ),
    "app archive without TLS": (
        '{type: git, url: "https://git.example.com/storefront.git"}',
        '{type: archive, url: "http://example.com/a.tar"}',
        "23: apps.storefront.source.url: anybody on the way could replace this archive; add its checksum, or use https",
    ),
    "app archive checksum": (
        '{type: git, url: "https://git.example.com/storefront.git"}',
        '{type: archive, url: "https://example.com/a.tar", checksum: abc}',
        '23: apps.storefront.source.checksum: "abc" is no checksum; '
        "write sha256: and 64 digits, as sha256sum prints them",
    ),
    "app archive folder": (
        '{type: git, url: "https://git.example.com/storefront.git"}',
        '{type: archive, url: "https://example.com/a.tar", folder: ../x}',
        '23: apps.storefront.source.folder: "../x" is no folder in an archive; write a path such as storefront-1.4.2',
    ),
    "app archive login": (
        '{type: git, url: "https://git.example.com/storefront.git"}',
        '{type: archive, url: "https://me:pw@example.com/a.tar"}',
        "23: apps.storefront.source.url: this address holds a login, which every host could read; take it out",
    ),
    "app bucket": (
        '{type: git, url: "https://git.example.com/storefront.git"}',
        "{type: s3, bucket: Releases, key: a.tar}",
        '23: apps.storefront.source.bucket: "Releases" is no name of a bucket; '
        "write 3 to 63 small letters, digits, dots and hyphens",
    ),
    "app source without type": ("{type: git, url", "{url", f"23: apps.storefront.source: has no type; {SOURCE}"),
    "app source url missing": (
        '{type: git, url: "https://git.example.com/storefront.git"}',
        "{type: git}",
        "23: apps.storefront.source.url: is missing; write url: https://git.example.com/storefront.git",
    ),
    "app source key": (
        "{type: git, ",
        "{type: git, revison: x, ",
        '23: apps.storefront.source.revison: unknown key; did you mean "revision"?',
    ),
    "app source password": (
        "https://git.",
        "https://me:secret@git.",
        "23: apps.storefront.source.url: this address holds a password, which everybody on this machine could read; "
        "take it out and let Git on the controller log in (credential helper or SSH key)",
    ),
    "app source token": (
        "https://git.",
        "https://ghp_secret@git.",
        "23: apps.storefront.source.url: this address holds a login, which everybody on this machine could read; "
        "take it out and let Git on the controller log in (credential helper or SSH key)",
    ),
    "app source option": (
        '"https://git.example.com/storefront.git"',
        '"--upload-pack=x"',
        '23: apps.storefront.source.url: "--upload-pack=x" is not the address of a Git repository; '
        "write the address of a Git repository, such as https://git.example.com/storefront.git",
    ),
    "app revision": (
        "{type: git, ",
        "{type: git, revision: 1.10, ",
        "23: apps.storefront.source.revision: is the number 1.1; write a branch, a tag or a commit, such as v1.4.2 "
        "(a text that looks like a number needs quotes)",
    ),
    "app domain": (
        "[shop.example.com]",
        '["shop example"]',
        '25: apps.storefront.domains[0]: "shop example" is not accepted; write a host name, such as shop.example.com',
    ),
    "app environment key": (
        "LANGUAGE: de",
        "language: de",
        '27: apps.storefront.environment.language: "language" is not accepted; write capital letters, digits and '
        "underscores, no digit first, such as SECRET_KEY",
    ),
    "app environment value": (
        "LANGUAGE: de",
        "LANGUAGE: [de]",
        "27: apps.storefront.environment.LANGUAGE: is a list; "
        'write a text, a number, true, false or a !vault value ("" for an empty text)',
    ),
    "app environment empty": (
        "LANGUAGE: de",
        "LANGUAGE:",
        "27: apps.storefront.environment.LANGUAGE: is empty; "
        'write a text, a number, true, false or a !vault value ("" for an empty text)',
    ),
    "app environment not a vault": (
        "LANGUAGE: de",
        "LANGUAGE: !vault de",
        "27: apps.storefront.environment.LANGUAGE: this is not a vault-encrypted text; "
        "paste what `ansible-vault encrypt_string` prints",
    ),
    "app keep": (
        "keep: 3",
        "keep: 101",
        "28: apps.storefront.deploy.keep: is the number 101; write a whole number from 1 to 100, such as 5",
    ),
    "app batch": (
        "keep: 3",
        "batch: 0",
        "28: apps.storefront.deploy.batch: 0 is no size of a batch; "
        'write a number of instances, such as 2, or a part of each layer, such as "25%"',
    ),
    "app batch of a layer": (
        "keep: 3",
        "batch: {web: 2x}",
        '28: apps.storefront.deploy.batch: "2x" is no size of a batch; '
        'write a number of instances, such as 2, or a part of each layer, such as "25%"',
    ),
    "app batch of a layer that it has not": (
        "keep: 3",
        "batch: {wbe: 2}",
        '28: apps.storefront.deploy.batch.wbe: the app does not run on layer "wbe"; did you mean "web"?',
    ),
    "app health without a check": (
        "keep: 3",
        "health: {within: 30s}",
        '28: apps.storefront.deploy.health: has no check; write one of {http: ":8000/healthz"}, {tcp: 8000} and '
        "{command: …}, and within: 30s if you like",
    ),
    "app health of an unknown kind": (
        "keep: 3",
        "health: {htp: '80'}",
        '28: apps.storefront.deploy.health: "htp" is no check; did you mean "http"?',
    ),
    "app hook": (
        "keep: 3",
        "hooks: {before_releese: [warm]}",
        '28: apps.storefront.deploy.hooks.before_releese: unknown key; did you mean "before_release"?',
    ),
    "app migration": (
        "keep: 3",
        "migrate: [a]",
        '28: apps.storefront.deploy.migrate: ["a"] is not a command of one line; '
        "write a command of one line, such as ./manage.py migrate",
    ),
    "time zone": (
        "name: shop",
        "name: shop\ntimezone: Europe/Viena",
        '3: timezone: "Europe/Viena" is not a time zone; did you mean "Europe/Vienna"?',
    ),
    "state kind": (
        "name: shop",
        "name: shop\nstate: mysql://x/y",
        f'3: state: "mysql" is not a kind of state store; {STATE}',
    ),
    "state text": (
        "name: shop",
        "name: shop\nstate: shop.db",
        f"3: state: is not the address of a state store; {STATE}",
    ),
    "state memory": (
        "name: shop",
        'name: shop\nstate: "sqlite:///:memory:"',
        f'3: state: ":memory:" is not a file that SQLite can keep the state in; {STATE}',
    ),
    "state without database": (
        "name: shop",
        "name: shop\nstate: postgresql://me:secret@db",
        f"3: state: is not a complete address of a PostgreSQL database; {STATE}",
    ),
    "keyed groups": (
        "name: shop",
        "name: shop\nkeyed_groups: {key: rack}",
        "3: keyed_groups: is a mapping; write a list, such as [{key: rack, prefix: rack}]",
    ),
    "compose": (
        "name: shop",
        "name: shop\ncompose: [rack]",
        '3: compose: is a list; write a mapping of keys and values, such as {rack: "inventory_hostname[:2]"}',
    ),
    "strict": ("name: shop", "name: shop\nstrict: maybe", '3: strict: is the string "maybe"; write true or false'),
}
"""By name: a text of the valid file, what stands there instead, and the one problem that this makes."""


@pytest.mark.parametrize("name", MISTAKES)
def test_a_wrong_key_or_value_is_refused_with_line_path_and_remedy(
    valid: str, problems_of: Problems, name: str
) -> None:
    old, new, problem = MISTAKES[name]
    assert old in valid
    assert problems_of(valid.replace(old, new, 1)) == [problem]
