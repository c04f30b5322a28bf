"""The stand-in as an HTTP server on a free port of this machine."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import mock
from urllib.parse import parse_qsl

from tests.ec2_stand_in import protocol
from tests.ec2_stand_in.cloud import Cloud
from tests.ec2_stand_in.faults import AwsError


def environment(address: str) -> dict[str, str]:
    """What a process needs to take the stand-in for AWS."""
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "AKIATESTTESTTESTTEST",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    }


@contextmanager
def serving(cloud: Cloud) -> Iterator[str]:
    """Serve the cloud, and give its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            # The signature names the service: …/eu-test-1/ec2/aws4_request. Both ELB APIs sign with the same name.
            scope = self.headers["Authorization"].partition("Credential=")[2].split("/")
            service = scope[3] if len(scope) > 3 else "ec2"
            self.prefix = service
            cloud.callers.add(scope[0].strip())
            if service == "elasticloadbalancing":
                service = "elb" if b"Version=2012-06-01" in body else "elbv2"
            try:
                kind, text = self._answer(service, body)
                status = 200
            except AwsError as error:
                kind, text = protocol.error(service, error.code, error.message)
                status = error.status
            except ConnectionAbortedError:
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text.encode())))
            # Who has gone away in the meantime asks again.
            with suppress(ConnectionError):
                self.end_headers()
                self.wfile.write(text.encode())

        def _answer(self, service: str, body: bytes) -> tuple[str, str]:
            if "X-Amz-Target" in self.headers:
                action = self.headers["X-Amz-Target"].partition(".")[2]
                given = json.loads(body)
                if action != "GetParameter":
                    cloud.asked.add(f"ssm:{action}")
                    return "application/x-amz-json-1.1", json.dumps(cloud.call(action, given))
                name = given["Name"]
                cloud.log.append(("GetParameter", {"Name": name}))
                cloud.asked.add("ssm:GetParameter")
                if name not in cloud.parameters:
                    raise AwsError("ParameterNotFound", name)
                return "application/x-amz-json-1.1", json.dumps({"Parameter": {"Value": cloud.parameters[name]}})
            form = dict(parse_qsl(body.decode(), keep_blank_values=True))
            action = form["Action"]
            cloud.asked.add(f"{self.prefix}:{action}")
            return "text/xml", protocol.answer(
                service, action, cloud.call(action, protocol.read(service, action, form))
            )

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def standing_in(cloud: Cloud) -> Iterator[None]:
    """Serve the cloud, and have this process and those that it starts take it for AWS."""
    with serving(cloud) as address, mock.patch.dict(os.environ, environment(address)):
        yield
