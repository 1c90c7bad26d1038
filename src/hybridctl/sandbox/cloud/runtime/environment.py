"""One execution environment: a warm process that answers one invocation at a time, with one log stream."""

import json
import logging
import os
import selectors
import subprocess
import sys
import threading
import time
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from hybridctl.sandbox.home import ACCOUNT, REGION

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
EXIT_SECONDS = 2.0

log = logging.getLogger("sandbox.function")
_unpacking = threading.Lock()


@dataclass(slots=True)
class Invocation:
    """How one invocation went; `lines` are (epoch seconds, text) as they were written."""

    request_id: str
    began: float
    stream: str
    answer: Any = None
    is_error: bool = False
    lines: list[tuple[float, str]] = field(default_factory=list)
    init: list[tuple[float, str]] = field(default_factory=list)
    init_ms: float | None = None
    duration_ms: float = 0.0
    memory_mb: int = 0


class ExecutionEnvironment:
    """Takes the place of the emulator's worker in its pool, whose attributes it therefore has."""

    def __init__(self, func_name: str, config: dict[str, Any], code_zip: bytes) -> None:
        self.func_name = func_name
        self.config = config
        self.in_use = False
        self.last_used = time.time()
        self._code_zip = code_zip
        self._proc: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._answers = -1
        self._lines: list[tuple[float, str]] = []
        self._complete: dict[str, threading.Event] = {}
        now = datetime.now(UTC)
        self.stream = f"{now:%Y/%m/%d}/[{config.get('Version', '$LATEST')}]{uuid4().hex}"

    def invoke(self, event: Any, request_id: str, *, arn: str, trace_id: str | None = None) -> Invocation:
        """Run the handler once; a process that died or was never started is started first."""
        with self._lock:
            done = Invocation(request_id, time.time(), self.stream)
            if self._proc is None or self._proc.poll() is not None:
                broken = self._start(done)
                if broken is not None:
                    done.answer, done.is_error = broken, True
                    self._end()
                    return done
            timeout = float(self.config.get("Timeout", 3))
            self._complete[request_id] = threading.Event()
            began = time.perf_counter()
            done.began = time.time()
            message = {"event": event, "request_id": request_id, "arn": arn, "trace_id": trace_id}
            answer = self._ask(message, timeout)
            done.duration_ms = (time.perf_counter() - began) * 1000
            done.memory_mb = self._memory_mb()
            self._settle(done, answer, timeout)
            return done

    def _settle(self, done: Invocation, answer: dict[str, Any] | None, timeout: float) -> None:
        if answer is not None:
            self._complete[done.request_id].wait(EXIT_SECONDS)
        else:
            self._end()
        del self._complete[done.request_id]
        done.lines, self._lines = self._lines, []
        if answer is not None and "result" in answer:
            done.answer = answer["result"]
            return
        done.is_error = True
        if answer is not None:
            done.answer = answer["error"]
            done.lines.append((time.time(), _as_logged(done.answer)))
        elif done.duration_ms >= timeout * 1000:
            what = f"Task timed out after {timeout:.2f} seconds"
            done.duration_ms = timeout * 1000
            done.lines.append(
                (time.time(), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + f"Z {done.request_id} {what}")
            )
            done.answer = {
                "errorType": "Sandbox.Timedout",
                "errorMessage": f"RequestId: {done.request_id} Error: {what}",
            }
        else:
            done.answer = {
                "errorType": "Runtime.ExitError",
                "errorMessage": f"RequestId: {done.request_id} Error: Runtime exited without providing a reason",
            }

    def _start(self, done: Invocation) -> dict[str, Any] | None:
        """Start the process and load the handler; the failure, in AWS's words, when that cannot be done."""
        began = time.perf_counter()
        reading, writing = os.pipe()
        task_root = unpack(self._code_zip, str(self.config.get("CodeSha256", uuid4().hex)))
        self._proc = subprocess.Popen(
            [sys.executable, "-P", str(BOOTSTRAP), str(writing), str(self.config.get("Timeout", 3))],
            cwd=task_root,
            env=self._variables(task_root),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(writing,),
        )
        os.close(writing)
        self._answers = reading
        complete = self._complete["init"] = threading.Event()
        threading.Thread(target=self._read_log, args=(self._proc,), daemon=True, name=f"log-{self.func_name}").start()
        told = self._read(time.monotonic() + 10 + float(self.config.get("Timeout", 3)))
        done.init_ms = (time.perf_counter() - began) * 1000
        complete.wait(EXIT_SECONDS if told else 0)
        del self._complete["init"]
        done.init, self._lines = self._lines, []
        if told is None:
            return {
                "errorType": "Runtime.ExitError",
                "errorMessage": f"RequestId: {done.request_id} Error: Runtime exited",
            }
        broken: dict[str, Any] | None = told.get("broken")
        if broken is not None:
            done.init.append((time.time(), _as_logged(broken)))
        return broken

    def _variables(self, task_root: Path) -> dict[str, str]:
        """What a function finds in its environment, and nothing of the sandbox's own."""
        config = self.config
        name = str(config["FunctionName"])
        group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"
        own = (config.get("Environment") or {}).get("Variables") or {}
        return {
            "PATH": os.environ["PATH"],
            "LANG": "en_US.UTF-8",
            "PYTHONUTF8": "1",
            "TZ": ":UTC",
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_ENDPOINT_URL": os.environ["AWS_ENDPOINT_URL"],
            "AWS_CONFIG_FILE": os.environ["AWS_CONFIG_FILE"],
            "AWS_SHARED_CREDENTIALS_FILE": os.environ["AWS_SHARED_CREDENTIALS_FILE"],
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "*",
            **own,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_SESSION_TOKEN": "test",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.get('Runtime', 'python3.13')}",
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": str(config.get("Version", "$LATEST")),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
            "AWS_LAMBDA_LOG_GROUP_NAME": group,
            "AWS_LAMBDA_LOG_STREAM_NAME": self.stream,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "LAMBDA_TASK_ROOT": str(task_root),
            "_HANDLER": str(config.get("Handler", "")),
        }

    def _ask(self, message: dict[str, Any], timeout: float) -> dict[str, Any] | None:
        assert self._proc is not None and self._proc.stdin is not None  # noqa: S101, PT018 - _start made them
        try:
            self._proc.stdin.write(json.dumps(message).encode() + b"\n")
            self._proc.stdin.flush()
        except OSError:  # it has died
            return None
        return self._read(time.monotonic() + timeout)

    def _read(self, deadline: float) -> dict[str, Any] | None:
        """One answer, or None when the time is over or the process has gone."""
        parts: list[bytes] = []
        with selectors.DefaultSelector() as selector:
            selector.register(self._answers, selectors.EVENT_READ)
            while (left := deadline - time.monotonic()) > 0:
                if not selector.select(left):
                    return None
                part = os.read(self._answers, 1 << 20)
                if not part:
                    return None
                parts.append(part)
                if part.endswith(b"\n"):
                    answer: dict[str, Any] = json.loads(b"".join(parts))
                    return answer
        return None

    def _read_log(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        for raw in process.stdout:
            now = time.time()
            if raw.startswith(b"\0"):
                complete = self._complete.get(raw[1:-1].decode(errors="replace"))
                if complete is not None:
                    complete.set()
            else:
                self._lines.append((now, raw.rstrip(b"\r\n").decode(errors="replace")))
        process.stdout.close()

    def _memory_mb(self) -> int:
        """The most the process has used so far; 0 where the system does not tell."""
        try:
            with open(f"/proc/{self._proc.pid if self._proc else 0}/status", encoding="ascii") as status:
                return next((int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM:")), 0)
        except OSError:
            return 0

    def _spawn(self) -> None:
        """Part of the emulator's interface: start ahead of the first invocation."""
        self._start(Invocation("", time.time(), self.stream))

    def _discard_tmpdir(self) -> None:
        """Part of the emulator's interface, called once the process has been ended."""
        if self._answers >= 0:
            os.close(self._answers)
            self._answers = -1

    def _end(self) -> None:
        process, self._proc = self._proc, None
        if process is not None:
            process.kill()
            process.wait(EXIT_SECONDS)
            if process.stdin is not None:
                process.stdin.close()
        self._discard_tmpdir()


def unpack(code_zip: bytes, digest: str) -> Path:
    """The folder with the package's content, unpacked once per content."""
    target = Path(os.environ["TMPDIR"]) / "code" / digest.replace("/", "_").replace("+", "-").rstrip("=")
    with _unpacking:
        if not target.exists():
            fresh = target.with_name(f"{target.name}.new")
            with zipfile.ZipFile(BytesIO(code_zip)) as archive:
                archive.extractall(fresh)  # the emulator has checked the archive; CPython keeps members inside
            fresh.rename(target)
    return target


def _as_logged(error: dict[str, Any]) -> str:
    """An exception as Lambda's Python runtime writes it: one event of several lines."""
    trace = "".join(error.get("stackTrace") or [])
    said = f"[ERROR] {error['errorType']}: {error['errorMessage']}"
    return f"{said}\nTraceback (most recent call last):\n{trace}".rstrip("\n") if trace else said
