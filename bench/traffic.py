"""Steady session traffic over HTTP, from several connections that each live one user's life after the other."""

import http.client
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

_VALIDATIONS = 8


@dataclass
class Traffic:
    """What was asked and how long each answer took, in seconds; `errors` are answers that were not the wanted ones."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds


def drive(endpoint: str, *, seconds: float, connections: int, most: int = 100_000) -> Traffic:
    """Ask for `seconds`, or until `most` requests have been made."""
    total = Traffic()
    started = time.perf_counter()
    users = [_User(endpoint, number, total, started + seconds, most) for number in range(connections)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    total.seconds = time.perf_counter() - started
    return total


class _User(threading.Thread):
    """Signs in, is validated, lists its devices, and logs out here or everywhere; again and again, as someone else."""

    def __init__(self, endpoint: str, number: int, total: Traffic, deadline: float, most: int) -> None:
        super().__init__(daemon=True)
        where = urlsplit(endpoint)
        self._connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=30)
        self._base = where.path
        self._number = number
        self._total = total
        self._deadline = deadline
        self._most = most

    def run(self) -> None:
        life = 0
        while not self._is_over():
            life += 1
            for _ in self._life(f"traffic-{self._number}-{life}", everywhere=life % 5 == 0):
                if self._is_over():
                    break
        self._connection.close()

    def _is_over(self) -> bool:
        return time.perf_counter() >= self._deadline or len(self._total.times) >= self._most

    def _life(self, name: str, *, everywhere: bool) -> Iterator[None]:
        body = {"user_id": name, "provider": "google", "oauth_tokens": {"access_token": "t"}}
        session = str(self._ask("POST", "/auth/session", 201, body).get("session_id"))
        yield
        for _ in range(_VALIDATIONS):
            self._must_be_valid(session, wanted=True)
            yield
        self._ask("GET", "/auth/sessions", 200, bearer=session)
        yield
        self._ask("DELETE", "/auth/sessions" if everywhere else "/auth/session", 204, bearer=session)
        yield
        self._must_be_valid(session, wanted=False)
        yield

    def _must_be_valid(self, session: str, *, wanted: bool) -> None:
        if self._ask("POST", "/auth/validate", 200, {"session_id": session}).get("valid") is not wanted:
            self._total.errors.append(f"a session was not {'valid' if wanted else 'ended'}")

    def _ask(
        self, method: str, path: str, wanted: int, body: object = None, *, bearer: str = ""
    ) -> Mapping[str, object]:
        headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
        started = time.perf_counter()
        try:
            self._connection.request(method, self._base + path, json.dumps(body) if body else None, headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as cause:
            self._connection.close()
            self._total.errors.append(f"{method} {path}: {cause!r}")
            return {}
        self._total.times.append(time.perf_counter() - started)
        if answer.status != wanted:
            self._total.errors.append(f"{method} {path}: {answer.status} {content[:200]!r}")
            return {}
        found: Mapping[str, object] = json.loads(content) if content else {}
        return found


def workers_mb(sandbox_pid: int) -> Sequence[float]:
    """The memory that each of the function's processes has now, in MB; none where there is no /proc."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
            is_worker = int(told["PPid"]) == sandbox_pid and b"bootstrap.py" in (folder / "cmdline").read_bytes()
        except (OSError, KeyError):  # it has ended
            continue
        if is_worker and "VmRSS" in told:
            found.append(int(told["VmRSS"].split()[0]) * 1024 / 1e6)
    return found
