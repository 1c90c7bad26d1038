"""Run hybridctl in forks of a process that has imported everything: each command is a process of its own, started fast.

A command runs as `python -m hybridctl` does, with its own folder, environment and streams; only the imports, and the
models of AWS's services, come with the fork. They take most of the processor time of a short command, and the suite
runs a thousand commands. `tests/commands/test_process.py` and whatever sends signals start the interpreter itself.
"""

import atexit
import json
import os
import pkgutil
import runpy
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

SERVICES = ("lambda", "s3", "sts", "dynamodb", "logs", "cloudwatch", "apigatewayv2", "iam", "sns")
_MAX_REQUEST = 1 << 20


def run_command(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float
) -> "subprocess.CompletedProcess[str]":
    """Run one command to its end, without a terminal and without standard input; TimeoutExpired after `timeout` s."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, socket.socket(socket.AF_UNIX) as server:
        server.settimeout(timeout)
        server.connect(_start_server())
        request = json.dumps({"argv": list(argv), "cwd": str(cwd), "env": dict(env)}).encode()
        socket.send_fds(server, [len(request).to_bytes(4, "big")], [out.fileno(), err.fileno()])
        server.sendall(request)
        try:
            answer = server.recv(16)
        except TimeoutError:
            raise subprocess.TimeoutExpired(argv, timeout) from None  # the guard of the run ends the command
        assert answer, f"the server of tests/suite/warm.py ended during {argv}"
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(argv, int(answer), out.read().decode(), err.read().decode())


@cache
def _start_server() -> str:
    """Start the server once for this process, and return the path of its socket."""
    folder = tempfile.mkdtemp(prefix="hybridctl-warm-")  # short: a socket's path has at most about 100 characters
    path = f"{folder}/socket"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    server = subprocess.Popen([sys.executable, __file__, path], env=environment, stdin=subprocess.PIPE)

    def stop() -> None:
        server.communicate()
        Path(path).unlink(missing_ok=True)
        os.rmdir(folder)

    atexit.register(stop)
    while not os.path.exists(path):
        assert server.poll() is None, "tests/suite/warm.py did not start"
        time.sleep(0.01)
    return path


def _import_everything() -> None:
    import boto3

    import hybridctl

    for module in pkgutil.walk_packages(hybridctl.__path__, "hybridctl."):
        if not module.name.startswith("hybridctl.sandbox.") and not module.name.endswith("__main__"):
            __import__(module.name)
    from suite.shared_models import share_service_models

    share_service_models()
    for service in SERVICES:
        key: dict[str, Any] = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
        boto3.session.Session(**key).client(service)
    for name in [name for name in sys.modules if name == "suite" or name.startswith("suite.")]:
        del sys.modules[name]


def _serve(path: str) -> None:
    """Answer requests until standard input closes: the test process has its other end."""
    _import_everything()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{path}.new")
        server.listen(64)
        os.rename(f"{path}.new", path)
        while True:
            readable, _, _ = select.select([server, sys.stdin], [], [])
            if sys.stdin in readable:
                return
            connection, _ = server.accept()
            if os.fork() == 0:
                server.close()
                _answer(connection)
            connection.close()
            while _reap():
                pass


def _reap() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False


def _answer(connection: socket.socket) -> None:
    """Fork the command itself, wait for it, and send its exit code as subprocess tells it."""
    length, streams, _, _ = socket.recv_fds(connection, 4, 2)
    content = b""
    while len(content) < int.from_bytes(length, "big"):
        content += connection.recv(_MAX_REQUEST)
    request = json.loads(content)
    child = os.fork()
    if child == 0:
        connection.close()
        _become(request, streams)
    _, status = os.waitpid(child, 0)
    connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(request: dict[str, Any], streams: Sequence[int]) -> None:
    """Be the command: never returns."""
    code: object = 1
    try:
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        time.tzset()
        for number, source in enumerate((os.open(os.devnull, os.O_RDONLY), *streams)):
            os.dup2(source, number)
            os.close(source)
        sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", 1, closefd=False, errors="backslashreplace")  # noqa: SIM115
        sys.argv = ["hybridctl", *request["argv"]]
        sys.path[:] = [each for each in sys.path if not each.startswith(str(Path(__file__).parents[1]))]
        runpy.run_module("hybridctl", run_name="__main__", alter_sys=True)
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


if __name__ == "__main__":
    _serve(sys.argv[1])
