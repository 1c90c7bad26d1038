"""One real sandbox for all tests of the sandbox: a process of its own, as a user would have."""

import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from hybridctl.sandbox.home import Home
from hybridctl.sandbox.key import Key, read_key
from suite.warm import find_python

START_SECONDS = 60
STOP_SECONDS = 30


class SandboxProcess:
    """A sandbox started in the foreground by a test; the fields are those of its ready file."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.process: subprocess.Popen[bytes] | None = None
        self.ready: dict[str, Any] = {}
        self._clients: dict[str, Any] = {}

    def start(self, *arguments: str) -> "SandboxProcess":
        reading, writing = os.pipe()
        with self.output.open("ab") as output:
            argv = [find_python(), "-m", "hybridctl.sandbox", "--home", str(self.home), "--ready-fd", str(writing)]
            self.process = subprocess.Popen(
                [*argv, *arguments], stdout=output, stderr=output, start_new_session=True, pass_fds=(writing,)
            )
        os.close(writing)
        readable, _, _ = select.select([reading], [], [], START_SECONDS)
        ready = os.read(reading, 65536) if readable else b""
        os.close(reading)
        assert b'"ready"' in ready, f"the sandbox did not start: {ready.decode()} {self.output.read_text()[-3000:]}"
        self.ready = Home(self.home).read_ready() or {}
        self._clients.clear()
        return self

    @property
    def output(self) -> Path:
        self.home.mkdir(parents=True, exist_ok=True)
        return self.home / "output"

    def stop(self) -> int:
        """Ask it to end, and wait."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(STOP_SECONDS)

    def kill(self) -> None:
        """End it without asking, as the kernel would when memory is short."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    @property
    def pid(self) -> int:
        return int(self.ready["pid"])

    @property
    def port(self) -> int:
        return int(self.ready["port"])

    @property
    def endpoint(self) -> str:
        return str(self.ready["endpoint"])

    @property
    def account(self) -> str:
        return str(self.ready["account"])

    @property
    def region(self) -> str:
        return str(self.ready["region"])

    @property
    def key(self) -> Key:
        found = read_key(Home(self.home).key)
        assert found is not None
        return found

    @property
    def reattach(self) -> dict[str, Any]:
        return dict(self.ready["reattach"])

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs in its environment to take the sandbox for AWS."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.key.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.key.secret_access_key,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def send(
        self, service: str, path: str, content: bytes = b"", headers: dict[str, str] | None = None, method: str = "POST"
    ) -> httpx.Response:
        """A request that no client of boto3 makes, signed as one."""
        request = AWSRequest(method, f"{self.endpoint}{path}", headers, content)
        key = Credentials(self.key.access_key_id, self.key.secret_access_key)
        SigV4Auth(key, service, self.region).add_auth(request)
        signed = dict(request.headers.items())
        return httpx.request(method, request.url, content=content, headers=signed, trust_env=False, timeout=60)

    def client(self, service: str) -> Any:
        """The boto3 client for one service, that neither retries nor reads the user's configuration."""
        if service not in self._clients:
            self._clients[service] = self._make_client(service)
        return self._clients[service]

    def _make_client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.key.access_key_id,
            aws_secret_access_key=self.key.secret_access_key,
            config=Config(
                retries={"total_max_attempts": 1}, proxies={}, s3={"addressing_style": "path"}, read_timeout=60
            ),
        )


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """The sandbox that the tests share; each takes names of its own."""
    running = SandboxProcess(tmp_path_factory.mktemp("sandbox")).start()
    yield running
    running.stop()


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandboxes that hybridctl starts are forks too, without the imports of a new interpreter."""
    monkeypatch.setattr(sys, "executable", find_python())


@pytest.fixture
def new_sandbox(tmp_path: Path) -> Iterator[Callable[..., SandboxProcess]]:
    """Makes a sandbox of the test's own (same home at each call), ended when the test is."""
    made: list[SandboxProcess] = []

    def make(*arguments: str) -> SandboxProcess:
        made.append(SandboxProcess(tmp_path / "home").start(*arguments))
        return made[-1]

    yield make
    for one in made:
        if one.process is not None and one.process.poll() is None:
            one.kill()
