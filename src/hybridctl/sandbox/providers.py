"""The servers of the Terraform provider inside the sandbox's process: one for each access key."""

from asyncio import AbstractEventLoop
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from hybridctl.sandbox.door import App
from hybridctl.sandbox.home import REGION
from hybridctl.sandbox.key import Key

if TYPE_CHECKING:
    from hybridctl.sandbox.own_calls import OwnCalls
    from hybridctl.sandbox.provider.server import ProviderServer


class Providers:
    """Starts the provider of an access key on first use. Thread-safe.

    Terraform passes no credentials to a provider that is already running, so each key has its own.
    """

    def __init__(self, folder: Path, endpoint: str, app: App, loop: AbstractEventLoop) -> None:
        self._folder = folder
        self._endpoint = endpoint
        self._cloud = app, loop
        self._calls: OwnCalls | None = None
        self._servers: dict[Key, ProviderServer] = {}
        self._lock = Lock()

    def reattach(self, key: Key) -> dict[str, object]:
        """Return the object for TF_REATTACH_PROVIDERS."""
        from hybridctl.sandbox.own_calls import OwnCalls
        from hybridctl.sandbox.provider.server import ProviderServer

        with self._lock:
            if self._calls is None:
                self._calls = OwnCalls(*self._cloud)
            if key not in self._servers:
                name = sha256(f"{key.access_key_id}{key.session_token}".encode()).hexdigest()[:12]
                socket = self._folder / f"provider-{name}.sock"
                server = ProviderServer(self._endpoint, socket, key, REGION, send=self._calls.send)
                server.start()
                self._servers[key] = server
            return self._servers[key].reattach()

    def stop(self) -> None:
        with self._lock:
            for server in self._servers.values():
                server.stop()
            self._servers.clear()
            if self._calls is not None:
                self._calls.close()
