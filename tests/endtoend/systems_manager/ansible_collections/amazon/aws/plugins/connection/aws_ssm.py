"""Stands in for amazon.aws.aws_ssm: sessions of ssm-user on the hosts behind the stand-in of EC2, without SSH.

It takes the same variables. Like the real one it gives every command a new session, and copies files by another way.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = """
name: aws_ssm
author: The Stackward authors
short_description: Sessions on test hosts
description: Runs commands on the host behind an instance of the stand-in.
options:
  instance_id:
    description: The instance.
    vars: [{name: ansible_aws_ssm_instance_id}]
  region:
    description: Its region.
    vars: [{name: ansible_aws_ssm_region}]
  bucket_name:
    description: The bucket that passes files.
    vars: [{name: ansible_aws_ssm_bucket_name}]
  remote_user:
    description: Whose sessions they are.
    vars: [{name: ansible_user}]
"""


class Connection(ConnectionBase):
    """One host."""

    transport = "amazon.aws.aws_ssm"
    has_pipelining = False

    def _connect(self):
        for option in ("instance_id", "region", "bucket_name"):
            if not self.get_option(option):
                raise AnsibleError(f"{option} is missing")
        self._connected = True
        return self

    def _session(self, *command: str, stdin: bytes | None = None) -> tuple[int, bytes, bytes]:
        self._connect()
        container = f"{os.environ['SYSTEMS_MANAGER_HOSTS']}-{self.get_option('instance_id')}"
        engine = shutil.which("podman") or shutil.which("docker")
        user = ["--user", self.get_option("remote_user"), "--workdir", "/"]
        done = subprocess.run(
            [str(engine), "exec", "-i", *user, container, *command],
            input=stdin or b"",
            capture_output=True,
            check=False,
        )
        if done.returncode in (125, 126):
            raise AnsibleConnectionFailure(f"TargetNotConnected: {done.stderr.decode(errors='replace')}")
        return done.returncode, done.stdout, done.stderr

    def exec_command(self, cmd, in_data=None, sudoable=True):
        """Run a command in a session of its own."""
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        return self._session("sh", "-c", cmd, stdin=in_data)

    def put_file(self, in_path, out_path):
        """Copy a file there."""
        super().put_file(in_path, out_path)
        code, _out, said = self._session("sh", "-c", f"cat > {out_path}", stdin=Path(in_path).read_bytes())
        if code:
            raise AnsibleError(said.decode(errors="replace"))

    def fetch_file(self, in_path, out_path):
        """Copy a file from there."""
        super().fetch_file(in_path, out_path)
        code, out, said = self._session("cat", in_path)
        if code:
            raise AnsibleError(said.decode(errors="replace"))
        Path(out_path).write_bytes(out)

    def close(self):
        """End nothing: there is no session but for a command."""
        self._connected = False
