"""Secrets that are planted wherever one can stand are found nowhere that others look, failures included."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.endtoend.project import REPOSITORY, Project, project

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]

PLANTED = {
    "environment": "planted-in-the-environment-1a2b3c",
    "statistics": "planted-as-statistics-password-4d5e6f",
    "redis": "planted-as-redis-password-7a8b9c",
}
CODE = """\
import os

assert os.environ["SECRET_KEY"]


def application(environ, start):
    start("200 OK", [])
    return [b"ok\\n"]
"""
LEAKING = CODE.replace("200 OK", "500 Oops").replace('b"ok\\n"', 'os.environ["SECRET_KEY"].encode()')
"""An app that answers its health check with what it should keep to itself."""


SSH = """\
#!/bin/sh
# Git's server, for whoever logs in with the deploy key; everything else is SSH itself.
case " $* " in
  *" -i {key} "*) ;;
  *) exec {ssh} "$@" ;;
esac
if [ -e {folder}/refuse ]; then
  echo "git@git.example.com: Permission denied (publickey)." >&2
  exit 255
fi
exec git-upload-pack {folder}/blog
"""


class CommandLines(threading.Thread):
    """Reads the command lines of all processes again and again. Those in the hosts are among this machine's."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: set[bytes] = set()
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.25):
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(process.read_bytes())
                except OSError:
                    continue


def encrypted(shop: Project, text: str) -> str:
    """The text as a !vault value, indented for a stack file."""
    command = [sys.executable, "-m", "ansible", "vault", "encrypt_string", "--vault-password-file", "vault-password"]
    done = subprocess.run(command, cwd=shop.folder, input=text, capture_output=True, text=True, check=True)
    return done.stdout.strip().replace("\n", "\n          ")


def write(shop: Project, key: Path) -> None:
    secrets = {name: encrypted(shop, text) for name, text in PLANTED.items()}
    shop.file.parent.mkdir(exist_ok=True)
    shop.file.write_text(
        f"""\
plugin: stackward.ops.stack
name: {shop.name}
provider: {{type: container}}
layers:
  lb:
    uses: haproxy
    statistics:
      user: ops
      password: {secrets["statistics"]}
  store:
    uses: redis
    password: {secrets["redis"]}
  db: {{uses: postgresql}}
  web: {{uses: python_app, workers: 1}}
instances:
  back: {{layers: [lb, store, db]}}
  front: {{layers: [web]}}
apps:
  shop:
    layers: [web]
    source: {{type: directory, path: {shop.folder}/code}}
    database: db
    tls: {{certificate: {shop.folder}/shop.crt, key: {key}}}
    environment:
      SECRET_KEY: {secrets["environment"]}
  blog:
    layers: [web]
    source: {{type: git, url: "ssh://git@git.example.com/blog.git", deploy_key: {shop.folder}/deploy.key}}
"""
    )


def certificate(shop: Project, name: str) -> Path:
    """Make a certificate with a key that the vault encrypts. Returns the path of the key."""
    key = shop.folder / f"{name}.key"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=shop", "-days", "2"]
    subprocess.run(
        [*made, "-keyout", str(key), "-out", str(shop.folder / f"{name}.crt")], check=True, capture_output=True
    )
    return key


def deploy_key(shop: Project) -> str:
    """Make a repository that only who has a key can fetch from. Returns a line of the key."""
    key, blog, program = (shop.folder / name for name in ("deploy.key", "blog", "bin/ssh"))
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    git = ["git", "-C", str(blog), "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    blog.mkdir()
    (blog / "app.py").write_text(CODE.replace('assert os.environ["SECRET_KEY"]', ""))
    for words in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "-m", "one")):
        subprocess.run([*git, *words], check=True)
    program.parent.mkdir()
    program.write_text(SSH.format(key=key, ssh=shutil.which("ssh"), folder=shop.folder))
    program.chmod(0o755)
    return key.read_text().splitlines()[2]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A stack that was started, deployed to, and has failed, with all that was printed and every command line."""
    lines = CommandLines()
    with (
        project(tmp_path_factory.mktemp("secrets"), "secrets") as shop,
        pytest.MonkeyPatch.context() as patch,
    ):
        line_of_deploy_key = deploy_key(shop)
        patch.setenv("PATH", f"{shop.folder}/bin:{os.environ['PATH']}")
        (shop.folder / "vault-password").write_text("open sesame\n")
        (shop.folder / "code").mkdir()
        code = shop.folder / "code" / "app.py"
        code.write_text(CODE)
        keys = {name: certificate(shop, name) for name in ("shop", "other")}
        bodies = {name: key.read_text().splitlines()[5] for name, key in keys.items()}
        for key in keys.values():
            command = [sys.executable, "-m", "ansible", "vault", "encrypt", "--vault-password-file", "vault-password"]
            subprocess.run([*command, str(key)], cwd=shop.folder, check=True, capture_output=True)
        write(shop, keys["shop"])
        vault = ("--vault-password-file", "vault-password")
        lines.start()
        printed = {"start": shop.play("start", "-vvv", "--diff", *vault)}
        printed["configure, looked at"] = shop.play("configure", "-vvv", "--check", "--diff", *vault)
        code.write_text('raise SystemExit("broken")\n')
        printed["deploy that fails"] = shop.play("deploy", "-vvvv", "--diff", *vault, app="shop", succeeds=False)
        code.write_text(LEAKING)
        printed["deploy that answers"] = shop.play("deploy", "-vvvv", "--diff", *vault, app="shop", succeeds=False)
        assert "it answered with status 500" in printed["deploy that answers"]
        code.write_text(CODE)
        write(shop, keys["other"])
        printed["key that does not fit"] = shop.play("configure", "-vvv", "--diff", *vault, succeeds=False)
        write(shop, keys["shop"])
        (shop.folder / "refuse").touch()
        printed["key that is refused"] = shop.play("deploy", "-vvv", "--diff", *vault, app="blog", succeeds=False)
        printed["vault that stays shut"] = shop.play("configure", "-vvv", succeeds=False)
        printed["configure"] = shop.play("configure", "-v", "--diff", *vault)
        for words in (
            ("status", "--output", "json"),
            ("describe", "shop"),
            ("describe", "back", "--output", "json"),
            ("events", "--output", "json"),
            ("logs", "--output", "json"),
            ("why", "front"),
            ("plan",),
            ("deployments", "--output", "json"),
            ("metrics",),
            ("incident",),
            ("rehearse", "heal", "front"),
            ("validate",),
        ):
            done = shop.command(*words)
            printed[" ".join(words)] = done.stdout + done.stderr
        listed = [sys.executable, "-m", "ansible", "inventory", "-i", str(shop.file), "--list"]
        done = subprocess.run(
            listed, cwd=shop.folder, env=shop.environment(), capture_output=True, text=True, check=True
        )
        printed["ansible-inventory"] = done.stdout + done.stderr
        lines.ended.set()
        lines.join()
        database = shop.on("front", "cat", "/etc/stackward/apps/shop.env").split('DATABASE_PASSWORD="')[1].split('"')[0]
        secrets = {
            **PLANTED,
            "database": database,
            "deploy key": line_of_deploy_key,
            **{f"key {name}": body for name, body in bodies.items()},
        }
        yield shop, secrets, printed, lines.seen


def test_the_secrets_are_where_they_belong(told):
    shop, secrets, _, _ = told
    assert secrets["environment"] in shop.on("front", "cat", "/etc/stackward/apps/shop.env")
    assert secrets["redis"] in shop.on("back", "cat", "/etc/redis/redis.conf")
    assert secrets["statistics"] in shop.on("back", "cat", "/etc/haproxy/haproxy.cfg")
    assert "application" in shop.on("front", "cat", "/srv/blog/current/app.py")
    assert secrets["key shop"] in shop.on("back", "cat", "/etc/haproxy/certificates/shop.pem")


def test_failures_were_told(told):
    _, _, printed, _ = told
    assert "broken" in printed["deploy that fails"]
    assert "the key of its tls does not belong to its certificate" in printed["key that does not fit"]
    assert "App blog cannot be fetched from ssh://git.example.com/blog.git" in printed["key that is refused"]
    assert "vault" in printed["vault that stays shut"].lower()


def test_no_command_prints_a_secret(told):
    _, secrets, printed, _ = told
    found = [(command, name) for command, text in printed.items() for name, secret in secrets.items() if secret in text]
    assert found == []


def test_no_command_line_holds_a_secret(told):
    _, secrets, _, seen = told
    assert any(b"ansible" in line for line in seen)
    assert [line for line in seen for secret in secrets.values() if secret.encode() in line] == []


def test_nobody_else_on_this_machine_can_read_a_secret(told):
    shop, secrets, _, _ = told
    read_by_others = []
    for folder, _, names in os.walk(shop.folder):
        for name in names:
            path = Path(folder, name)
            text = path.read_bytes()
            holds = [secret for secret in secrets.values() if secret.encode() in text]
            if holds and path.lstat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
                read_by_others.append(str(path))
            if holds and path.name != "deploy.key":
                # The state keeps what it has made, and nothing else does.
                assert path.name.startswith("state.db"), path
                assert holds == [secrets["database"]]
    assert read_by_others == []


@pytest.mark.parametrize("instance", ["front", "back"])
def test_nobody_else_on_a_host_can_read_a_secret(told, instance):
    shop, secrets, _, _ = told
    pattern = "\n".join(secrets.values())
    search = 'find / -xdev -type f -perm /o=r -not -path "/proc/*" -not -path "/sys/*" -exec grep -lF -e "$0" {} +'
    assert shop.on(instance, "sh", "-c", search, pattern, check=False) == ""


@pytest.mark.parametrize("instance", ["front", "back"])
def test_a_host_keeps_secrets_in_the_files_that_are_for_them_only(told, instance):
    shop, secrets, _, _ = told
    pattern = "\n".join(secrets.values())
    search = 'grep -rlF -e "$0" /etc /root /home /srv /tmp /var /usr/local /run 2>/dev/null | sort'
    found = shop.on(instance, "sh", "-c", search, pattern, check=False).split()
    allowed = {
        # Every app knows how to log in to the cache; the deploy key is on no host.
        "front": {"/etc/stackward/apps/shop.env", "/etc/stackward/apps/blog.env"},
        "back": {"/etc/redis/redis.conf", "/etc/haproxy/haproxy.cfg", "/etc/haproxy/certificates/shop.pem"},
    }
    assert set(found) == allowed[instance]


@pytest.mark.parametrize("instance", ["front", "back"])
def test_a_hosts_journal_and_attributes_hold_no_secret(told, instance):
    shop, secrets, _, _ = told
    journal = shop.on(instance, "journalctl", "--no-pager", "--output=json", "--all")
    attributes = shop.on(instance, "cat", "/etc/stackward/attributes.json")
    assert json.loads(attributes)["instance"]["name"] == instance
    assert [name for name, secret in secrets.items() if secret in journal or secret in attributes] == []


def test_the_state_keeps_no_secret_of_the_users_own(told):
    shop, _, _, _ = told
    files = list(shop.folder.glob("var/**/state.db*"))
    assert files
    for file in files:
        assert [name for name, secret in PLANTED.items() if secret.encode() in file.read_bytes()] == []
    assert REPOSITORY not in shop.folder.parents
