"""The server on its socket, and the provider block, through the protocol and through Terraform."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc

from hybridctl.sandbox.key import Key
from hybridctl.sandbox.provider.server import ADDRESSES, ProviderServer
from sandbox.conftest import SandboxProcess
from sandbox.provider.test_logs import group
from sandbox.provider.workspace import Workspace, with_ours

KEY = Key("SANDBOX1", "secret")
ESTABLISHED = "01"  # in /proc/net/tcp


@pytest.fixture
def workspace(tmp_path: Path, sandbox: Any) -> Workspace:
    return with_ours(tmp_path, sandbox)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ProviderServer]:
    serving = ProviderServer("http://127.0.0.1:1", tmp_path / "p.sock", KEY)
    serving.start()
    yield serving
    serving.stop()


def place(server: ProviderServer) -> str:
    entry: Any = server.reattach()[ADDRESSES[0]]
    return str(entry["Addr"]["String"])


def ask(server: ProviderServer) -> Any:
    with grpc.insecure_channel(f"unix:{place(server)}") as channel:
        return rpc.ProviderStub(channel).GetProviderSchema(pb.GetProviderSchema.Request(), timeout=10)


def test_the_schema_is_served_to_terraform_and_to_opentofu(server: ProviderServer) -> None:
    assert set(server.reattach()) == set(ADDRESSES)
    answer = ask(server)
    assert "aws_cloudwatch_log_group" in answer.resource_schemas
    assert "aws_iam_policy_document" in answer.data_source_schemas
    assert answer.provider.block.attributes


def test_only_the_owner_may_connect(server: ProviderServer) -> None:
    assert Path(place(server)).stat().st_mode & 0o077 == 0


def test_a_socket_left_behind_is_replaced_and_a_stopped_server_leaves_none(tmp_path: Path) -> None:
    left = tmp_path / "p.sock"
    left.touch()
    server = ProviderServer("http://127.0.0.1:1", left, KEY)
    server.start()
    assert ask(server).resource_schemas
    server.stop()
    assert not left.exists()


def test_a_path_too_long_for_a_socket_gives_way_to_a_short_one(tmp_path: Path) -> None:
    server = ProviderServer("http://127.0.0.1:1", tmp_path / ("long" * 30) / "p.sock", KEY)
    server.start()
    assert len(place(server)) < 100
    assert ask(server).resource_schemas
    server.stop()
    assert not Path(place(server)).exists()


def provider(*lines: str) -> str:
    body = "\n  ".join(lines)
    return f'provider "aws" {{\n  {body}\n}}\n'


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (['allowed_account_ids = ["123456789012"]'], "AWS account ID not allowed: 000000000000"),
        (['forbidden_account_ids = ["000000000000"]'], "AWS account ID not allowed: 000000000000"),
        (['profile = "production"'], "does not implement profile of the provider configuration"),
        (
            ["assume_role {", 'role_arn = "arn:aws:iam::1:role/x"', "}"],
            "does not implement assume_role of",
        ),
        (["endpoints {", 'dynamodb = "http://localhost:8000"', "}"], "this provider reaches the sandbox at http://127"),
        (['regoin = "us-east-1"'], "Unsupported argument"),
    ],
)
def test_a_provider_block_that_the_sandbox_cannot_honour_is_refused(
    workspace: Workspace, lines: list[str], expected: str
) -> None:
    assert expected in workspace.write(group("/t/block"), provider(*lines)).refusal("plan")


def test_the_usual_switches_of_an_emulator_are_taken(workspace: Workspace, sandbox: Any) -> None:
    key = sandbox.key
    block = [f'access_key = "{key.access_key_id}"', f'secret_key = "{key.secret_access_key}"']
    block += [f"{name} = true" for name in ("skip_credentials_validation", "skip_requesting_account_id")]
    block += ['allowed_account_ids = ["000000000000"]', "endpoints {", f'logs = "{sandbox.endpoint}"', "}"]
    assert (
        workspace.write(group("/t/block"), provider(*block)).apply()["aws_cloudwatch_log_group.this"]["id"]
        == "/t/block"
    )


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="the kernel lists no sockets")
def test_the_provider_reaches_the_cloud_without_a_connection(workspace: Workspace, sandbox: SandboxProcess) -> None:
    workspace.write(group("/t/connected")).apply()
    over_http = sandbox.client("logs")
    over_http.describe_log_groups()  # and keeps its connection, which shows that one would be found
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    to_cloud = [row for row in rows if row[2] == f"0100007F:{sandbox.port:04X}" and row[3] == ESTABLISHED]
    owned = {os.readlink(path) for path in Path(f"/proc/{sandbox.pid}/fd").iterdir() if path.is_symlink()}
    assert to_cloud
    assert [row for row in to_cloud if f"socket:[{row[9]}]" in owned] == []


def test_two_runs_at_once_do_not_wait_for_each_other(tmp_path: Path, sandbox: Any) -> None:
    runs = [with_ours(tmp_path / name, sandbox).write(group(f"/t/{name}")) for name in ("left", "right")]
    with ThreadPoolExecutor() as pool:
        states = list(pool.map(Workspace.apply, runs))
    assert [state["aws_cloudwatch_log_group.this"]["id"] for state in states] == ["/t/left", "/t/right"]


def test_a_state_of_a_newer_release_is_read_without_what_it_has_more(workspace: Workspace) -> None:
    workspace.write(group("/t/newer")).apply()
    state = workspace.folder / "terraform.tfstate"
    state.write_text(state.read_text().replace('"skip_destroy"', '"region": "us-east-1",\n            "skip_destroy"'))
    assert workspace.actions() == {}
