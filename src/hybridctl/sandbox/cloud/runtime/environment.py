"""One execution environment: a warm process that answers one invocation at a time, with one log stream."""

import json
import logging
import math
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from hybridctl.sandbox.cloud.access import close_session, open_session
from hybridctl.sandbox.cloud.runtime import log
from hybridctl.sandbox.cloud.runtime.code import release, unpack
from hybridctl.sandbox.cloud.runtime.process import End, Lines, Message, RuntimeProcess
from hybridctl.sandbox.cloud.runtime.variables import list_variables
from hybridctl.sandbox.interpreters import find_python

INIT_SECONDS = 10.0  # then once more, within the function's timeout (docs: lambda/latest/dg/lambda-runtime-environment)

logger = logging.getLogger("sandbox.function")


@dataclass(slots=True)
class RuntimeInvocation:
    """The result of one invocation. `lines` are (epoch seconds, text) in log order."""

    request_id: str
    stream: str
    write: Callable[[Lines], None]
    began: float = 0.0
    answer: Any = None
    is_error: bool = False
    status: str = "success"
    lines: Lines = field(default_factory=list)
    init_ms: float | None = None
    duration_ms: float = 0.0
    memory_mb: int = 0

    @property
    def billed_ms(self) -> int:
        """Return the duration and a cold start's init, rounded up to a millisecond."""
        return math.ceil(self.duration_ms + (self.init_ms or 0))

    def log(self, lines: Lines) -> None:
        self.lines += lines
        self.write(lines)

    def fail(self, kind: str, message: str, status: str = "error") -> None:
        """End with a platform error in AWS's words."""
        self.is_error, self.status = True, status
        self.answer = {"errorType": kind, "errorMessage": f"RequestId: {self.request_id} Error: {message}"}


class ExecutionEnvironment:
    """Replaces the emulator's worker in its pool, and has the same attributes."""

    def __init__(
        self, func_name: str, config: dict[str, Any], code_zip: bytes, *, init_seconds: float = INIT_SECONDS
    ) -> None:
        self.func_name = func_name
        self.config = config
        self.in_use = False
        self.last_used = time.time()
        self._code_zip = code_zip
        self._init_seconds = init_seconds
        self._task_root = ""
        self._unpacked: Path | None = None
        self._process: RuntimeProcess | None = None
        self._lock = threading.Lock()
        self._credentials: dict[str, str] = {}
        self._ahead: RuntimeInvocation | None = None  # the start before the first invocation
        now = datetime.now(UTC)
        self.stream = f"{now:%Y/%m/%d}/[{config.get('Version', '$LATEST')}]{uuid4().hex}"

    @property
    def _proc(self) -> Any:
        """Part of the emulator's interface: the process that it ends."""
        return None if self._process is None else self._process.popen

    @_proc.setter
    def _proc(self, _: None) -> None:
        """Part of the emulator's interface: it takes the process away to end it, then calls `_discard_tmpdir`."""

    @property
    def _timeout(self) -> float:
        return float(self.config.get("Timeout", 3))

    def invoke(
        self,
        event: Any,
        request_id: str,
        *,
        arn: str,
        write: Callable[[Lines], None],
        trace_id: str | None = None,
        client_context: str | None = None,
    ) -> RuntimeInvocation:
        """Run the handler once; the process is started first if it died or never ran."""
        with self._lock:
            done = RuntimeInvocation(request_id, self.stream, write)
            if self._process is not None and not self._process.is_alive:
                self._end()
            spent = self._initialize(done) if self._process is None else 0.0
            if self._ahead is not None:
                done.init_ms = self._ahead.init_ms
                done.log(self._ahead.lines)
                self._ahead = None
            done.began = time.time()
            done.log(log.start(self.config, done))
            if done.answer is None and not done.is_error:
                header = {"request_id": request_id, "arn": arn, "trace_id": trace_id, "client_context": client_context}
                self._run(done, json.dumps(event).encode(), header, self._timeout - spent)
            done.duration_ms = min(done.duration_ms + spent * 1000, self._timeout * 1000)
            done.log(log.end(self.config, done))
            return done

    def start_ahead(self) -> None:
        """Start the process and load the handler before the first invocation, which then reports this start.

        A start that fails leaves nothing: the invocation starts it again, and reports what happens.
        """
        with self._lock:
            if self._process is None:
                ahead = RuntimeInvocation("", self.stream, lambda _: None)
                self._initialize(ahead)
                self._ahead = ahead if self._process is not None else None

    def _initialize(self, done: RuntimeInvocation) -> float:
        """Start the process and load the handler. Return the seconds of the function's own timeout that this took.

        Init may take ten seconds. When it takes longer, Lambda starts it again as part of the invocation, whose timeout
        then covers both.
        """
        done.log(log.init_start(self.config))
        began = time.monotonic()
        outcome = self._load(done, self._init_seconds)
        done.init_ms = (time.monotonic() - began) * 1000
        if outcome is not End.TIMED_OUT:
            self._settle_init(done, outcome)
            return 0.0
        self._end()
        done.log(log.init_report(self.config, done, "init", "timeout"))
        done.init_ms = None
        began = time.monotonic()
        outcome = self._load(done, self._timeout)
        spent = min(time.monotonic() - began, self._timeout)
        self._settle_init(done, outcome)
        return spent

    def _load(self, done: RuntimeInvocation, seconds: float) -> Message | End:
        config = self.config
        task_root = unpack(self._code_zip, str(config.get("CodeSha256", uuid4().hex)))
        self._task_root, self._unpacked = str(task_root), task_root
        python, _ = find_python(str(config.get("Runtime")), os.environ) or (sys.executable, "")
        memory = int(config.get("MemorySize", 128))
        self._credentials = open_session(config)
        variables = list_variables(config, task_root=self._task_root, stream=self.stream, credentials=self._credentials)
        self._process = RuntimeProcess(python, task_root, variables, memory)
        return self._process.read(time.monotonic() + seconds, done.log)

    def _settle_init(self, done: RuntimeInvocation, outcome: Message | End) -> None:
        if isinstance(outcome, Message) and outcome.kind == "ready":
            return
        if isinstance(outcome, Message):
            done.answer, done.is_error, done.status = self._as_error(outcome.body), True, "error"
            done.log(log.init_report(self.config, done, "init", "error", str(done.answer.get("errorType"))))
            self._end()
            return
        self._fail(done, outcome)

    def _run(self, done: RuntimeInvocation, body: bytes, header: dict[str, Any], seconds: float) -> None:
        process = self._process
        assert process is not None  # noqa: S101 - it has been initialized
        deadline_ms = int((time.time() + seconds) * 1000)
        began = time.monotonic()
        process.send({**header, "deadline_ms": deadline_ms}, body)
        outcome = process.read(began + seconds, done.log)
        done.duration_ms = (time.monotonic() - began) * 1000
        done.memory_mb = process.peak_mb
        if isinstance(outcome, End):
            self._fail(done, outcome)
        elif outcome.kind == "too-large":
            process.read(time.monotonic() + 1, done.log)  # the runtime's own traceback
            done.is_error, done.status = True, "error"
            done.answer = {
                "errorType": "Function.ResponseSizeTooLarge",
                "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
            }
            self._end()
        elif outcome.kind == "error":
            done.is_error, done.status = True, "error"
            done.answer = self._as_error(outcome.body)
            self._await_next(done)
        else:
            done.answer = _as_answered(outcome.body)
            self._await_next(done)

    def _await_next(self, done: RuntimeInvocation) -> None:
        """Wait until the runtime asks for its next invocation: output until then belongs to this one."""
        assert self._process is not None  # noqa: S101 - it has just answered
        if not isinstance(self._process.read(time.monotonic() + 1, done.log), Message):
            self._end()

    def _fail(self, done: RuntimeInvocation, why: End) -> None:
        process = self._process
        assert process is not None  # noqa: S101 - it has just failed
        done.memory_mb = process.peak_mb
        if why is End.TIMED_OUT:
            message = f"Task timed out after {self._timeout:.2f} seconds"
            done.duration_ms = self._timeout * 1000
            done.fail("Sandbox.Timedout", message, "timeout")
            done.log(log.timeout_lines(self.config, done, message))
        elif why is End.OUT_OF_MEMORY:
            done.memory_mb = int(self.config.get("MemorySize", 128))
            done.fail("Runtime.ExitError", "Runtime exited with error: signal: killed")
        else:
            done.fail("Runtime.ExitError", process.exit_reason())
        self._end()

    def _as_error(self, body: bytes) -> Any:
        """Return a function's error with the package's path on Lambda."""
        return json.loads(body.replace(self._task_root.encode(), b"/var/task"))

    def _spawn(self) -> None:
        """Part of the emulator's interface: start ahead of the first invocation."""
        with self._lock:
            self._initialize(RuntimeInvocation("", self.stream, lambda _: None))

    def _discard_tmpdir(self) -> None:
        """Part of the emulator's interface, called once it has ended the process."""
        process, self._process = self._process, None
        if process is not None:
            process.release()
        self._close_session()

    def _end(self) -> None:
        process, self._process, self._ahead = self._process, None, None
        if process is not None:
            process.end()
        self._close_session()

    def _close_session(self) -> None:
        unpacked, self._unpacked = self._unpacked, None
        if unpacked is not None:
            release(unpacked)
        close_session(self._credentials.pop("AWS_ACCESS_KEY_ID", ""))


def _as_answered(body: bytes) -> Any:
    """Return the response as a value, or as bytes if serializing the value again would change them."""
    try:
        value = json.loads(body)
        exact = json.dumps(value, ensure_ascii=False).encode() == body
    except ValueError:
        return body
    return value if exact else body
