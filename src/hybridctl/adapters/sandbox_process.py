"""The sandbox's server as a process: started in the background, ended by its own pid while it holds the lock."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from hybridctl.errors import SandboxFailed
from hybridctl.sandbox.home import HeldLock, Home, holder
from hybridctl.sandbox.privacy import make_private

START_SECONDS = 60.0
STOP_SECONDS = 30.0


@dataclass(frozen=True)
class SandboxProcess:
    """The server that keeps its state under `home`; `environment` is the process's, None for this one's."""

    home: Home
    environment: Mapping[str, str] | None
    region: str

    def start(self, port: int | None) -> None:
        """Start the server and wait until it is ready. Raises SandboxFailed."""
        if find_spec("ministack") is None or find_spec("uvicorn") is None:
            raise SandboxFailed(
                "starting the sandbox: its packages are not installed", hint="pip install 'hybridctl[sandbox]'"
            )
        make_private(self.home.root)
        said, saying = os.pipe()
        argv = [sys.executable, "-m", "hybridctl.sandbox", "--home", str(self.home.root), "--ready-fd", str(saying)]
        argv += ["--region", self.region]
        if port is not None:
            argv += ["--port", str(port)]
        try:
            with self.home.log.open("ab") as log:
                process = subprocess.Popen(
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.home.root,  # so that it does not block a folder of the user
                    env=None if self.environment is None else dict(self.environment),
                    pass_fds=(saying,),
                    start_new_session=True,  # Ctrl-C or a closed terminal does not affect it
                )
            os.close(saying)
            saying = -1
            self._await(process, said)
        finally:
            os.close(said)
            if saying >= 0:
                os.close(saying)

    def _await(self, process: "subprocess.Popen[bytes]", said: int) -> None:
        """Wait for the server's line: it is ready, or why it cannot start. Raises SandboxFailed."""
        readable, _, _ = select.select([said], [], [], START_SECONDS)
        if not readable:
            process.kill()
            process.wait()
            raise SandboxFailed(
                f"starting the sandbox: not ready after {START_SECONDS:.0f} s", hint="hybridctl sandbox logs"
            )
        line = os.read(said, 65536)
        if not line:
            raise SandboxFailed(
                f"starting the sandbox: it exited with status {process.wait()}", hint="hybridctl sandbox logs"
            )
        answer = json.loads(line)
        if "error" in answer:
            process.wait()
            raise SandboxFailed(
                f"starting the sandbox: {answer['error']}", hint=answer.get("hint") or "hybridctl sandbox logs"
            )
        process.returncode = 0  # the server continues alone: no warning about a running child

    def end(self, pid: int) -> None:
        """Send SIGTERM, wait, then send SIGKILL. `pid` gets a signal only while it holds the lock, so a reused pid
        never does.
        """
        gone = threading.Thread(target=self._await_gone, daemon=True)
        self._signal(pid, signal.SIGTERM)
        gone.start()
        gone.join(STOP_SECONDS)
        if gone.is_alive():
            self._signal(pid, signal.SIGKILL)
            gone.join(STOP_SECONDS)
        if gone.is_alive():
            raise SandboxFailed(f"stopping the sandbox: process {pid} does not exit", hint="hybridctl sandbox logs")
        self.home.remove_ready()

    def _await_gone(self) -> None:
        with HeldLock(self.home.lock):
            pass

    def _signal(self, pid: int, number: signal.Signals) -> None:
        try:
            if hasattr(os, "pidfd_open"):  # unlike a pid, the descriptor cannot be reused for another process
                descriptor = os.pidfd_open(pid)
                try:
                    if holder(self.home.lock) == pid:
                        signal.pidfd_send_signal(descriptor, number)
                finally:
                    os.close(descriptor)
            elif holder(self.home.lock) == pid:
                os.kill(pid, number)
        except ProcessLookupError:
            pass  # it has already exited
