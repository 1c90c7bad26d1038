"""Start hybridctl, its sandbox and pip as forks of processes that have imported them: each its own process, at once.

The suite starts a thousand commands and hundreds of sandboxes; importing takes most of their processor time. Two
programs stand in for `hybridctl` and `python` (`stand_in.py`): they hand their arguments, folder, environment, streams
and signals to a server that forks, and end as the fork ends. Whatever a fork could do differently runs in a real
interpreter: other modules, another region or stream encoding, PYTHONPATH. So does everything on other systems than
Linux, and `tests/test_entrypoint.py`.
"""

import marshal
import os
import pkgutil
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from suite.guard import MARK

SERVICES = ("lambda", "s3", "sts", "dynamodb", "logs", "cloudwatch", "apigatewayv2", "iam", "sns")
COMMANDS, SANDBOXES = "hybridctl", "hybridctl.sandbox"
CAN_FORK = hasattr(os, "pidfd_open")
START_SECONDS = 120
SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1)
STAND_IN = Path(__file__).with_name("stand_in.py")


def stop_servers() -> None:
    """Remove the folder of the servers at the end of a test run; the guard ends the servers themselves."""
    shutil.rmtree(_name_folder(), ignore_errors=True)


def _name_folder() -> Path:
    return Path(tempfile.gettempdir()) / f"hybridctl-{os.environ[MARK]}"  # short: a socket's path has about 100 bytes


@cache
def start_servers() -> Path:
    """Start both servers once in a test run, and return their folder."""
    folder = _name_folder()
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:  # of another worker of the same run
        _wait_for(folder / "ready")
        return folder
    for path in (folder / "bin" / "hybridctl", folder / "python" / "python"):
        path.parent.mkdir()
        path.write_text(f"#!{sys.executable} -IS\n{STAND_IN.read_text()}")
        path.chmod(0o700)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    for module in (COMMANDS, SANDBOXES):
        log = (folder / f"{module}.log").open("w")
        # The guard of the run ends it: it serves all workers, in whichever order they end.
        subprocess.Popen([sys.executable, __file__, str(folder), module], env=environment, stderr=log)
    for module in (COMMANDS, SANDBOXES):
        _wait_for(folder / f"{module}.socket")
    (folder / "ready").touch()
    return folder


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not path.exists():
        assert time.monotonic() < deadline, f"{__file__} did not make {path}"
        time.sleep(0.01)


def find_hybridctl() -> Path:
    """Return the program to run instead of `hybridctl`; its folder has no other program."""
    if not CAN_FORK:
        return Path(sys.executable).with_name("hybridctl")
    return start_servers() / "bin" / "hybridctl"


def find_python() -> str:
    """Return the program to run instead of this Python."""
    return str(start_servers() / "python" / "python") if CAN_FORK else sys.executable


def _import_commands() -> None:
    """Import hybridctl, what it imports late, and pip, build its commands, and read the service models."""
    import pydantic
    import rich.cells

    import hybridctl
    from hybridctl import entrypoint
    from hybridctl.adapters.aws.session import AwsSession
    from hybridctl.commands import tree
    from hybridctl.domain.sandbox import AccessKey

    for package in pkgutil.walk_packages(hybridctl.__path__, "hybridctl."):
        if not package.name.startswith("hybridctl.sandbox.") and not package.name.endswith("__main__"):
            import_module(package.name)
    for name in ("encodings.cp437", "encodings.idna", "importlib.readers", "python_terraform.tfstate"):
        import_module(name)
    for name in ("cli.main", "commands.install", "metadata.importlib", "resolution.resolvelib.resolver"):
        with suppress(ImportError):  # another pip imports it when it runs
            import_module(f"pip._internal.{name}")
    entrypoint.build_app = cache(entrypoint.build_app)
    entrypoint.build_app()
    tree.load = cache(tree.load)
    for name in tree.SUMMARIES:
        tree.load(name)
    pydantic.TypeAdapter(str)
    rich.cells.cell_len("\N{CHECK MARK}")
    session = AwsSession("us-east-1", endpoint="http://127.0.0.1:9", key=AccessKey("x", "x"))
    for service in SERVICES:
        session.client(service)


def _import_sandbox() -> None:
    """Import all but the emulator, which reads its settings from the environment while it is imported."""
    os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
    import hybridctl.sandbox.provider.server
    import hybridctl.sandbox.server
    import hybridctl.sandbox.web_server  # noqa: F401
    from hybridctl.sandbox.key import Key
    from hybridctl.sandbox.provider.aws import Clients
    from hybridctl.sandbox.provider.servicer import SERVICES
    from hybridctl.sandbox.provider.wire import provider_schema

    provider_schema()
    clients = Clients("http://127.0.0.1:1", "us-east-1", Key("x", "x"))
    for service in SERVICES:
        clients[service]  # reads the models that every sandbox shares


class _Server:
    """Forks a command for each request, and answers with its process and its exit code."""

    def __init__(self, folder: Path, module: str) -> None:
        self._folder, self._module = folder, module
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(f"{folder}/{module}.new")
        self._socket.listen(128)
        self._clients: dict[int, tuple[int, socket.socket]] = {}  # by pidfd: the process, and who waits for it
        os.rename(f"{folder}/{module}.new", folder / f"{module}.socket")

    def serve(self) -> None:
        """Serve until the folder is gone or the process is ended."""
        while self._folder.exists():
            waiting = [self._socket, *self._clients, *(client for _, client in self._clients.values())]
            for ready in select.select(waiting, [], [], 5)[0]:
                if ready is self._socket:
                    self._start(self._socket.accept()[0])
                elif ready in self._clients:
                    self._finish(ready)
                elif isinstance(ready, socket.socket):
                    self._abandon(ready)

    def _start(self, client: socket.socket) -> None:
        length, streams, _, _ = socket.recv_fds(client, 4, 64)
        content = b""
        while len(content) < int.from_bytes(length, "big"):
            content += client.recv(1 << 20)
        pid = os.fork()
        if pid == 0:
            for each in (self._socket, client, *(other for _, other in self._clients.values())):
                each.close()
            for pidfd in self._clients:
                os.close(pidfd)
            if self._module == COMMANDS:
                sys.executable = str(self._folder / "python" / "python")
            _become(marshal.loads(content), streams)  # noqa: S302  of stand_in.py
        for each in streams:
            os.close(each)
        self._clients[os.pidfd_open(pid)] = (pid, client)
        client.sendall(pid.to_bytes(4, "big"))

    def _finish(self, pidfd: int) -> None:
        pid, client = self._clients.pop(pidfd)
        os.close(pidfd)
        _, status = os.waitpid(pid, 0)
        with suppress(OSError):  # who started it has been killed
            client.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))
        client.close()

    def _abandon(self, client: socket.socket) -> None:
        """Kill the command whose stand-in was killed."""
        for pid, other in self._clients.values():
            if other is client:
                os.kill(pid, signal.SIGKILL)


def _become(request: Any, files: list[int]) -> None:
    """Be the command that stand_in.py asks for: never returns."""
    module, argv, folder, environment, numbers, ignored = request
    code: object = 1
    try:
        _take_over(files, numbers)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)
        if signal.SIGINT not in ignored:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if module == SANDBOXES:
            os.setsid()
        sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", 1, closefd=False, errors="backslashreplace")  # noqa: SIM115
        sys.argv = [module, *argv]
        sys.path[:] = [each for each in sys.path if not each.startswith(str(Path(__file__).parents[1]))]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(code or 0) if isinstance(code, int | None) else 1)


def _take_over(files: Sequence[int], numbers: Sequence[int]) -> None:
    """Give the received files the numbers that they had."""
    high = max((*files, *numbers), default=0) + 1
    moved = [os.dup2(each, high + place, inheritable=False) for place, each in enumerate(files)]
    os.closerange(0, high)
    for each, number in zip(moved, numbers, strict=True):
        os.dup2(each, number)
        os.close(each)


def _serve(folder: Path, module: str) -> None:
    import gc

    from suite.shared_models import share_service_models

    share_service_models()
    _import_commands() if module == COMMANDS else _import_sandbox()
    for name in [name for name in sys.modules if name == "suite" or name.startswith("suite.")]:
        del sys.modules[name]
    gc.freeze()
    _Server(folder, module).serve()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), sys.argv[2])
