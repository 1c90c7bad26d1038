"""Stand in for `hybridctl` or `python`: hand everything to the server of warm.py, and end as its fork ends.

It runs without the site module and imports almost nothing: it starts in a hundredth of a second.
"""

import _signal
import _socket
import marshal
import os
import sys

SIGNALS = (_signal.SIGHUP, _signal.SIGINT, _signal.SIGQUIT, _signal.SIGTERM, _signal.SIGUSR1)
SERVER_ENDED = (70).to_bytes(4, "big")
HARMLESS = {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONUTF8"}
PIP = "hybridctl.adapters.packaging.pip_for_target"
SERVERS = {"hybridctl": "hybridctl", "hybridctl.sandbox": "hybridctl.sandbox", PIP: "hybridctl"}


def main(argv: list[str]) -> None:
    """Run hybridctl, its sandbox, or pip for a target as a fork, and anything else in the interpreter."""
    module = argv[1] if argv[:1] == ["-m"] else ""
    if argv[:1] == ["-P"] and argv[1].endswith(f"/{PIP.replace('.', '/')}.py"):
        module = PIP
    region = argv[argv.index("--region") + 1] if "--region" in argv else "us-east-1"
    changes = {name for name in os.environ if name.startswith("PYTHON") or name in ("LC_ALL", "LC_CTYPE")}
    if module in SERVERS and region == "us-east-1" and not changes - HARMLESS:
        run_fork(module, argv[2:])
    os.execv(sys.executable, [sys.executable, *argv])  # noqa: S606


def run_fork(module: str, argv: list[str]) -> None:
    """Return only where no server answers."""
    streams = [number for number in map(int, os.listdir("/proc/self/fd")) if is_inherited(number)]
    server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        server.connect(os.path.join(os.path.dirname(os.path.dirname(sys.argv[0])), f"{SERVERS[module]}.socket"))
    except OSError:
        return
    pid = 0
    waiting: list[int] = []

    def forward(number: int, _frame: object) -> None:
        if pid:
            os.kill(pid, number)
        else:
            waiting.append(number)

    ignored = [number for number in SIGNALS if _signal.getsignal(number) is _signal.SIG_IGN]
    for number in SIGNALS:
        if number not in ignored:
            _signal.signal(number, forward)
    request = marshal.dumps((module, argv, os.getcwd(), dict(os.environ), streams, ignored))
    rights = b"".join(number.to_bytes(4, sys.byteorder) for number in streams)
    server.sendmsg([len(request).to_bytes(4, "big")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, rights)])
    server.sendall(request)
    for number in streams:
        os.close(number)  # who reads the other end waits for the command, not for this process
    pid = int.from_bytes(server.recv(4), "big")
    for number in waiting:
        os.kill(pid, number)
    code = int.from_bytes(server.recv(4) or SERVER_ENDED, "big", signed=True)
    if code < 0:
        if -code != _signal.SIGKILL:
            _signal.signal(-code, _signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def is_inherited(number: int) -> bool:
    try:
        return os.get_inheritable(number)
    except OSError:
        return False


if __name__ == "__main__":
    main([*(["-m", "hybridctl"] if sys.argv[0].endswith("hybridctl") else []), *sys.argv[1:]])
