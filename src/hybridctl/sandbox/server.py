"""The background process: cloud and provider in one, a ready file once both answer, an orderly end."""

import asyncio
import faulthandler
import json
import logging
import logging.handlers
import os
import shutil
import signal
import socket
import tempfile
from datetime import UTC, datetime
from typing import Any

from hybridctl.files import write_file
from hybridctl.sandbox import environment, ports
from hybridctl.sandbox.announcement import Announcement
from hybridctl.sandbox.home import ACCOUNT, HEALTH, LOOPBACK, REGION, HeldLock, Home
from hybridctl.sandbox.key import Key, ensure_key
from hybridctl.sandbox.privacy import make_private, tighten
from hybridctl.sandbox.providers import Providers
from hybridctl.sandbox.sigv4 import sign_headers

LOG_BYTES = 5_000_000
ABANDONED_SECONDS = 1.0
_LET_GO_SECONDS = 5.0  # a killed server's lock stays until its last child has ended, or has started its own program

log = logging.getLogger("sandbox")


class CannotServe(Exception):
    """The reason why this process will not serve, for a person, and what to do about it."""

    def __init__(self, what: str, *, hint: str = "") -> None:
        super().__init__(what)
        self.hint = hint


def run(home: Home, *, port: int | None = None, ready: Announcement) -> None:
    """Serve until SIGTERM or SIGINT; raises CannotServe when another server has this home or the port."""
    os.umask(0o077)  # ids and values end in the emulator's files, and in those of the functions
    make_private(home.root)
    alive = HeldLock(home.lock)
    if not alive.acquire(within=_LET_GO_SECONDS):
        raise CannotServe(f"another sandbox already serves {home.root}")
    try:
        home.remove_ready()
        try:
            listening = ports.listen(home, port)
        except ports.PortTaken as taken:
            raise CannotServe(str(taken), hint="leave --port out and a free one is found") from taken
        with listening:
            tighten(home.root)
            key = ensure_key(home.key)
            _prepare(home, listening.getsockname()[1], key)
            asyncio.run(_serve(home, listening, key, ready))
    finally:
        home.remove_ready()
        alive.release()


def _prepare(home: Home, port: int, key: Key) -> None:
    """All that must be so before the emulator is imported: it reads its settings while it is."""
    shutil.rmtree(home.scratch, ignore_errors=True)  # left behind by a server that was killed
    home.scratch.mkdir(parents=True, exist_ok=True)
    home.state.mkdir(parents=True, exist_ok=True)
    composed = environment.compose(os.environ, home, port, key)
    os.environ.clear()
    os.environ.update(composed)
    tempfile.tempdir = None  # forget a TMPDIR read before
    faulthandler.enable()
    rotating = logging.handlers.RotatingFileHandler(home.log, maxBytes=LOG_BYTES, backupCount=1)
    rotating.setFormatter(logging.Formatter("%(asctime)s %(levelname)s [%(name)s] %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[rotating], force=True)


async def _serve(home: Home, listening: socket.socket, key: Key, ready: Announcement) -> None:
    from hybridctl.sandbox.cloud import application, emulator
    from hybridctl.sandbox.web_server import WebServer

    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    port = listening.getsockname()[1]
    endpoint = f"http://{LOOPBACK}:{port}"
    try:
        cloud = application.build(home, key, providers=lambda caller: providers.reattach(caller))  # noqa: PLW0108
    except emulator.EmulatorChanged as changed:
        raise CannotServe(str(changed)) from changed
    providers = Providers(home.root, endpoint, cloud, loop)
    abandoned = asyncio.create_task(_end_with(home, stopping))
    serving = asyncio.create_task(WebServer(cloud, stopping).serve([listening]))
    try:
        answering = asyncio.create_task(_answers(port, key))
        await asyncio.wait({serving, answering}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():  # it could not start: its own error is the reason
            answering.cancel()
            await serving
            return
        _write_ready(home, port, endpoint, await asyncio.to_thread(providers.reattach, key))
        ready.say(ready=True)
        log.info("serving %s", endpoint)
        await serving
    finally:
        stopping.set()
        home.remove_ready()
        await asyncio.to_thread(providers.stop)  # the calls that it still makes are answered by this loop
        abandoned.cancel()
        if not serving.done():
            await serving


async def _end_with(home: Home, stopping: asyncio.Event) -> None:
    """A checkout that is deleted takes its sandbox with it: nobody could reach it any more, to use it or to stop it."""
    while home.lock.exists():
        await asyncio.sleep(ABANDONED_SECONDS)
    log.info("the home of this sandbox is gone")
    stopping.set()


async def _answers(port: int, key: Key) -> None:
    """Return once the cloud has answered a request; the socket queues it until there is somebody to."""
    while True:
        try:
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            signed = sign_headers(key, "GET", f"{LOOPBACK}:{port}", HEALTH)
            lines = [f"GET {HEALTH} HTTP/1.1", *(f"{name}: {value}" for name, value in signed.items())]
            writer.write("\r\n".join((*lines, "Connection: close", "", "")).encode())
            status = await reader.readline()
            writer.close()
        except ConnectionError:
            status = b""
        if b" 200 " in status:
            return
        await asyncio.sleep(0.02)


def _write_ready(home: Home, port: int, endpoint: str, reattach: dict[str, object]) -> None:
    from hybridctl.sandbox.cloud import emulator

    ready: dict[str, Any] = {
        "pid": os.getpid(),
        "port": port,
        "endpoint": endpoint,
        "account": ACCOUNT,
        "region": REGION,
        "emulator": f"ministack {emulator.version()}",
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "reattach": reattach,
    }
    write_file(home.ready, f"{json.dumps(ready, indent=2)}\n".encode())
