"""Serves the provider on a unix socket, inside the sandbox's process, for TF_REATTACH_PROVIDERS."""

import os
import tempfile
import threading
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]  # ships no stubs
from tf.gen import grpc_controller_pb2 as controller_pb
from tf.gen import grpc_controller_pb2_grpc as controller_rpc
from tf.gen import grpc_stdio_pb2_grpc as stdio_rpc
from tf.gen import tfplugin_pb2_grpc as rpc

from hybridctl.sandbox.key import Key
from hybridctl.sandbox.own_calls import Send
from hybridctl.sandbox.provider.servicer import Servicer
from hybridctl.sandbox.provider.wire import provider_schema

ADDRESSES = ("registry.terraform.io/hashicorp/aws", "registry.opentofu.org/hashicorp/aws")
SOCKET_PATH_LIMIT = 100  # sockaddr_un has room for 108 bytes, on macOS 104
SHORT = "/tmp"  # noqa: S108  TMPDIR may itself be too long; the folder made in here is private
WORKERS = 24  # Terraform walks ten nodes at a time; a second run shall not wait for the first
MESSAGE_LIMIT = 64 * 1024 * 1024


class _Stdio:
    """go-plugin asks for the plugin's output; there is none, the sandbox has a log of its own."""

    def StreamStdio(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802
        return iter(())


class _Controller:
    """go-plugin would have the plugin quit after each run; this one belongs to the sandbox and stays."""

    def Shutdown(self, request: Any, context: Any) -> Any:  # noqa: N802
        return controller_pb.Empty()


class ProviderServer:
    """The provider of one sandbox: `endpoint` is the cloud's URL, which `send` reaches without HTTP.

    Too long a `socket` path gives way to a short one.
    """

    def __init__(
        self, endpoint: str, socket: Path, key: Key, region: str = "us-east-1", *, send: Send | None = None
    ) -> None:
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        if len(os.fsencode(socket)) > SOCKET_PATH_LIMIT:
            self._scratch = tempfile.TemporaryDirectory(prefix="hybridctl-", dir=SHORT)
            socket = Path(self._scratch.name) / "provider.sock"
        self._socket = socket
        self._servicer = Servicer(endpoint, key, region, send)
        self._server: grpc.Server | None = None

    def start(self) -> None:
        """Binds and answers; what an ended process left at the socket's path is replaced."""
        self._socket.parent.mkdir(parents=True, exist_ok=True)
        self._socket.unlink(missing_ok=True)
        server = grpc.server(
            futures.ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="provider"),
            options=[
                ("grpc.max_receive_message_length", MESSAGE_LIMIT),
                ("grpc.max_send_message_length", MESSAGE_LIMIT),
            ],
        )
        rpc.add_ProviderServicer_to_server(self._servicer, server)
        stdio_rpc.add_GRPCStdioServicer_to_server(_Stdio(), server)
        controller_rpc.add_GRPCControllerServicer_to_server(_Controller(), server)
        server.add_insecure_port(f"unix:{self._socket}")
        self._socket.chmod(0o600)
        server.start()
        provider_schema()
        self._server = server
        threading.Thread(target=self._servicer.warm, name="provider-warm", daemon=True).start()

    def stop(self, grace_seconds: float = 1.0) -> None:
        """Refuses new calls, gives running ones `grace_seconds`, and removes the socket."""
        if self._server is not None:
            self._server.stop(grace_seconds).wait()
            self._server = None
        self._socket.unlink(missing_ok=True)
        if self._scratch is not None:
            self._scratch.cleanup()

    def reattach(self) -> dict[str, object]:
        """The object for TF_REATTACH_PROVIDERS, for Terraform and for OpenTofu."""
        entry = {
            "Protocol": "grpc",
            "ProtocolVersion": 6,
            "Pid": os.getpid(),
            "Test": True,
            "Addr": {"Network": "unix", "String": str(self._socket)},
        }
        return dict.fromkeys(ADDRESSES, entry)
