"""The process of one execution environment: start it, send an invocation, read its response and output."""

import json
import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from hybridctl.sandbox.cloud.runtime.code import link_runtime_packages

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
END_SECONDS = 2.0
MEMORY_SECONDS = 0.02  # between two looks at the memory in use
CHUNK = 1 << 16
MEGABYTE = 1 << 20

# Go's names of signals, as AWS's runtime supervisor prints them (go.dev/src/syscall/zerrors_linux_amd64.go).
SIGNALS = {
    signal.SIGHUP: "hangup",
    signal.SIGINT: "interrupt",
    signal.SIGQUIT: "quit",
    signal.SIGILL: "illegal instruction",
    signal.SIGTRAP: "trace/breakpoint trap",
    signal.SIGABRT: "aborted",
    signal.SIGBUS: "bus error",
    signal.SIGFPE: "floating point exception",
    signal.SIGKILL: "killed",
    signal.SIGUSR1: "user defined signal 1",
    signal.SIGSEGV: "segmentation fault",
    signal.SIGUSR2: "user defined signal 2",
    signal.SIGPIPE: "broken pipe",
    signal.SIGALRM: "alarm clock",
    signal.SIGTERM: "terminated",
}

Lines = list[tuple[float, str]]


class End(Enum):
    """Why a process did not respond."""

    EXITED = "exited"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the runtime client: `ready`, `result`, `error`, `init-error` or `too-large`."""

    kind: str
    body: bytes


class RuntimeProcess:
    """One running interpreter. `write` receives (epoch seconds, text) of the output as it appears."""

    def __init__(self, python: str, task_root: Path, variables: Mapping[str, str], memory_mb: int) -> None:
        self._memory_mb = memory_mb
        self._private = Path(tempfile.mkdtemp(prefix="tmp-"))
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()
        self._output, output = os.pipe()
        try:
            self.popen = subprocess.Popen(
                [
                    *(python, "-I", "-S", "-B", "-X", "utf8", str(BOOTSTRAP)),
                    *(str(requests), str(answers), str(link_runtime_packages()), str(self._private)),
                ],
                cwd=task_root,
                env=dict(variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(requests, answers),
            )
        finally:
            for descriptor in (requests, answers, output):
                os.close(descriptor)
        os.set_blocking(self._output, False)
        os.set_blocking(self._answers, False)
        self._received = bytearray()
        self._line = bytearray()
        self.peak_mb = 0

    @property
    def is_alive(self) -> bool:
        return self.popen.poll() is None

    def send(self, header: Mapping[str, Any], body: bytes) -> None:
        """Send an invocation; a process that has died is noticed when its response is read."""
        data = json.dumps({**header, "length": len(body)}).encode() + b"\n" + body
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._requests, view) :]
        except BrokenPipeError:
            pass

    def read(self, deadline: float, write: Callable[[Lines], None]) -> Message | End:
        """Wait for the next message until `deadline` (monotonic seconds), passing output on meanwhile."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._answers, selectors.EVENT_READ)
            selector.register(self._output, selectors.EVENT_READ)
            while True:
                message = self._take_message()
                if message is not None:
                    self._pass_on(write, final=message.kind != "ready")
                    return End.OUT_OF_MEMORY if self._is_out_of_memory() else message
                left = deadline - time.monotonic()
                if left <= 0:
                    self._pass_on(write, final=True)
                    return End.TIMED_OUT
                ready = {key.fd for key, _ in selector.select(min(left, MEMORY_SECONDS))}
                if self._output in ready and not self._pass_on(write):
                    selector.unregister(self._output)
                if self._answers in ready and not self._receive():
                    self._pass_on(write, final=True)
                    return End.OUT_OF_MEMORY if self._is_out_of_memory() else End.EXITED
                if self._is_out_of_memory():
                    self._pass_on(write, final=True)
                    return End.OUT_OF_MEMORY

    def exit_reason(self) -> str:
        """Return how the process ended, in AWS's words."""
        code = self.popen.wait(END_SECONDS)
        if code == 0:
            return "Runtime exited without providing a reason"
        if code > 0:
            return f"Runtime exited with error: exit status {code}"
        return f"Runtime exited with error: signal: {SIGNALS.get(signal.Signals(-code), f'signal {-code}')}"

    def end(self) -> None:
        """Kill the process and remove its files."""
        self.popen.kill()
        self.popen.wait(END_SECONDS)
        self.release()

    def release(self) -> None:
        """Close the pipes and remove the private /tmp of a process that has ended."""
        for descriptor in (self._requests, self._answers, self._output):
            if descriptor >= 0:
                os.close(descriptor)
        self._requests = self._answers = self._output = -1
        shutil.rmtree(self._private, ignore_errors=True)

    def _receive(self) -> bool:
        try:
            part = os.read(self._answers, MEGABYTE)
        except BlockingIOError:
            return True
        self._received += part
        return bool(part)

    def _take_message(self) -> Message | None:
        head, separator, rest = self._received.partition(b"\n")
        if not separator:
            return None
        header = json.loads(head)
        if len(rest) < header["length"]:
            return None
        body = bytes(rest[: header["length"]])
        self._received = rest[header["length"] :]
        return Message(str(header["kind"]), body)

    def _pass_on(self, write: Callable[[Lines], None], *, final: bool = False) -> bool:
        """Pass on complete lines, with `final` also an unfinished one; return False at the end of the output."""
        is_open = True
        while True:
            try:
                part = os.read(self._output, CHUNK)
            except BlockingIOError:
                break
            if not part:
                is_open = False
                break
            self._line += part
        complete, separator, rest = self._line.rpartition(b"\n")
        texts = bytes(complete).split(b"\n") if separator else []
        self._line = rest
        if final and self._line:
            texts.append(bytes(self._line))
            self._line = bytearray()
        if texts:
            now = time.time()
            write([(now, text.decode(errors="replace")) for text in texts])
        return is_open

    def _is_out_of_memory(self) -> bool:
        """Return whether the process's peak memory exceeded its memory size; always False without /proc."""
        try:
            with open(f"/proc/{self.popen.pid}/status", encoding="ascii") as status:
                peak = next((int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM:")), 0)
        except OSError:
            return self.peak_mb > self._memory_mb
        self.peak_mb = max(self.peak_mb, peak)
        return self.peak_mb > self._memory_mb
