"""Another user of this machine is served nothing, reads no file and reaches no socket."""

import json
import os
import socket
import stat
import time
from typing import Any

import pytest

from sandbox.cloud.functions import Api
from sandbox.conftest import SandboxProcess
from sandbox.door.raw_http import INTERNAL, Line, calls, is_served

NO_EVENTS = 65534


def as_nobody(work: Any) -> Any:
    """What `work` returns when it is done by another user, in a child of this process."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NO_EVENTS)
            os.setuid(NO_EVENTS)
            os.write(writing, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as stream:
        answer = stream.read()
    os.waitpid(child, 0)
    return json.loads(answer)


def test_another_user_is_not_served(opened: SandboxProcess):
    known = calls(opened)

    def work() -> list[str]:
        line = Line(opened.port)
        tried = [(method, path, headers, body) for _, method, path, headers, body in known]
        tried += [(method, path, {}, b"") for method, path in INTERNAL]
        return [
            f"{method} {path}"
            for method, path, headers, body in tried
            if is_served(*line.ask(method, path, headers, body))
        ]

    assert as_nobody(work) == []


def test_another_user_reads_no_file_and_reaches_no_socket(opened: SandboxProcess, api: Api):
    """Not even one whose name it knows; it can read the folder around, so it is not that one which hides them."""
    [address] = {entry["Addr"]["String"] for entry in opened.reattach.values()}
    known = [str(path) for path in opened.home.rglob("*")]
    assert address in known
    assert len(known) > 8

    def work() -> dict[str, Any]:
        reached = []
        for path in known:
            try:
                os.stat(path)
                reached.append(path)
            except PermissionError:
                pass
        with socket.socket(socket.AF_UNIX) as provider:
            try:
                provider.connect(address)
                reached.append("the provider")
            except PermissionError:
                pass
        return {"reached": reached, "parent": os.listdir(opened.home.parent)}

    assert as_nobody(work) == {"reached": [], "parent": ["sandbox"]}


def test_every_file_is_the_users_alone_also_those_of_an_older_version(opened: SandboxProcess, api: Api):
    opened.client("dynamodb").create_table(
        TableName="ids",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    opened.client("s3").create_bucket(Bucket="values")
    opened.client("s3").put_object(Bucket="values", Key="a/b", Body=b"x")
    api.request("/health")
    for _ in range(100):  # the state is written about once a second
        if (opened.home / "state" / "dynamodb.json").exists():
            break
        time.sleep(0.1)
    modes = {path: stat.S_IMODE(path.lstat().st_mode) for path in [opened.home, *opened.home.rglob("*")]}
    modes = {path: mode for path, mode in modes.items() if not path.is_symlink()}
    assert {path.name: oct(mode) for path, mode in modes.items() if mode & 0o077 and path != opened.output} == {}
    assert {"dynamodb.json", "sessions.json", "key.json", "ready.json", "server.log", "b"} <= {
        path.name for path in modes
    }
