"""Run packages under AWS's Runtime Interface Emulator with AWS's Python runtime client, and record what it answers.

    go install github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie@latest
    python tests/sandbox/cloud/rie.py RIE PYTHON…

writes rie.json: for each Python, such as a virtual environment's with awslambdaric, boto3 and nothing else installed,
the answer of every package. Without RIE the tests hold the sandbox to these records.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import isnan
from pathlib import Path
from socket import create_server
from types import MappingProxyType
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

sys.path.insert(0, str(Path(__file__).parents[2]))
from sandbox.cloud.packages import PACKAGES, Package, normal

RECORDED = Path(__file__).with_suffix(".json")
START_SECONDS = 20.0


@contextmanager
def running(
    rie: str, python: str, minor: str, package: Package, variables: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Callable[[Any], Any]]:
    """Serve a package under the emulator; gives what invokes it with an event and returns its answer."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in package.members.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        address, runtime = f"127.0.0.1:{_free_port()}", f"127.0.0.1:{_free_port()}"
        environ = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "en_US.UTF-8",
            "LAMBDA_TASK_ROOT": folder,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{minor}",  # the client encodes by it
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(package.timeout),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_REGION": "us-east-1",
            **variables,
        }
        process = subprocess.Popen(
            [
                *(rie, "--runtime-interface-emulator-address", address, "--runtime-api-address", runtime),
                *(python, "-m", "awslambdaric", package.handler),
            ],
            cwd=folder,
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield lambda event: read(_invoke(address, event))
        finally:
            process.kill()
            process.wait()


def ask(rie: str, python: str, minor: str, package: Package) -> Any:
    """Return the answer to a package's event, without what differs from run to run."""
    with running(rie, python, minor, package) as invoke:
        return normal(invoke(package.event))


def minor_of(python: str) -> str:
    """The minor version of an interpreter, as "3.13"."""
    version = subprocess.run([python, "-V"], capture_output=True, text=True, check=True).stdout.split()[1]
    return ".".join(version.split(".")[:2])


def _invoke(address: str, event: Any) -> bytes:
    request = Request(f"http://{address}/2015-03-31/functions/function/invocations", json.dumps(event).encode())
    opener = build_opener(ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with opener.open(request, timeout=60) as answer:
                return bytes(answer.read())
        except URLError as error:
            if hasattr(error, "read"):
                return bytes(error.read())
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


def _free_port() -> int:
    with create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def record(rie: str, pythons: list[str]) -> dict[str, dict[str, Any]]:
    answers: dict[str, dict[str, Any]] = {}
    for python in pythons:
        minor = minor_of(python)
        answers[minor] = {name: shorten(ask(rie, python, minor, package)) for name, package in PACKAGES.items()}
    return answers


def shorten(answer: Any) -> Any:
    """Return the answer as it is recorded; NaN as text, because it equals nothing."""
    if isinstance(answer, float) and isnan(answer):
        return "NaN"
    return f"{len(answer)} characters" if isinstance(answer, str) and len(answer) > 1000 else answer


if __name__ == "__main__":
    found = record(sys.argv[1], sys.argv[2:])
    RECORDED.write_text(json.dumps(found, indent=1, ensure_ascii=True, sort_keys=True) + os.linesep, encoding="utf-8")
