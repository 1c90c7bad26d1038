"""State on disk that survives a kill: saved about every second while it changes, not only at shutdown."""

import hashlib
import json
import logging
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

from hybridctl.files import write_file
from hybridctl.sandbox.cloud import emulator

TRIES = 3
SHARE = 25  # saving may take one twenty-fifth of the time: the more there is, the less often
LARGE = (
    "cloudwatch",
    "cloudwatch_logs",
)  # nearly all that there is to save; saved after a change and every ten seconds
LARGE_SECONDS = 10.0
READS = ("Describe", "Filter", "Get", "List", "Test")  # operations of both

log = logging.getLogger("sandbox.state")


class Snapshots:
    """The emulator's own save in its own format, but periodic, atomic, and only for changed services."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._digests: dict[str, bytes] = {}
        self._not_before = 0.0
        self._changed = set(LARGE)
        self._all_at = 0.0
        self._locks: defaultdict[str, Lock] = defaultdict(Lock)
        self._persistence = emulator.Parts("core.persistence", "_json_default", "_state_format_version")
        self._app = emulator.Parts("app", "_build_persistence_save_dict")

    def install(self) -> None:
        emulator.substitute(self._persistence.module, "save_state", "service data", self.save)
        for name in LARGE:
            _save_without_copying(emulator.service(name).module)
        history = "alarm_name old_state new_state reason alarm_type reason_data"
        emulator.replace(
            emulator.service("cloudwatch").module, "_record_history", history, self._touch_after("cloudwatch")
        )
        emulator.replace(
            emulator.service("cloudwatch_logs").module,
            "_append_log_events",
            "stream events",
            self._touch_after("cloudwatch_logs"),
        )

    def touch(self, service: str) -> None:
        """Say that one of the large services has changed."""
        self._changed.add(service)

    def _touch_after(self, service: str) -> Callable[..., Any]:
        def call(original: emulator.Original, *arguments: Any, **named: Any) -> Any:
            answer = original(*arguments, **named)
            self.touch(service)
            return answer

        return call

    def note_changes(self, service: str) -> Callable[[emulator.Handler, emulator.ServiceRequest], Any]:
        """Return a layer that notices each request which may change one of the large services."""

        async def note(forward: emulator.Handler, request: emulator.ServiceRequest) -> emulator.Answer:
            answer = await forward(*request)
            if not request.operation.startswith(READS):
                self.touch(service)
            return answer

        return note

    def save(self, service: str, data: Any) -> None:
        """Save one service's state if it has changed."""
        wrapped = {"__ministack_format__": self._persistence["_state_format_version"](service), "payload": data}
        text = json.dumps(wrapped, default=self._persistence["_json_default"]).encode()
        digest = hashlib.blake2b(text, digest_size=16).digest()
        if self._digests.get(service) != digest:
            write_file(self._directory / f"{service}.json", text, makes_folder=False)  # of a checkout that is deleted
            self._digests[service] = digest

    async def save_lambda_at_once(self, forward: emulator.Handler, request: emulator.ServiceRequest) -> emulator.Answer:
        """Save Lambda's state before it answers a change: AWS never forgets a published version."""
        answer = await forward(*request)
        if request.method != "GET" and not request.path.rstrip("/").endswith("/invocations") and answer[0] < 300:
            self._keep("lambda", self._app["_build_persistence_save_dict"]()["lambda"], tries=TRIES)
        return answer

    def save_all(self) -> None:
        """Save every used service that may have changed; call it often, it limits its own rate."""
        began = time.monotonic()
        if began < self._not_before:
            return
        if began >= self._all_at:
            self._changed.update(LARGE)
            self._all_at = began + LARGE_SECONDS
        for service, state in self._app["_build_persistence_save_dict"]().items():
            if service in LARGE and service not in self._changed:
                continue
            self._changed.discard(service)
            if not self._keep(service, state):
                self._changed.add(service)
        took = time.monotonic() - began
        self._not_before = time.monotonic() + took * SHARE

    def _keep(self, service: str, state: Callable[[], Any], *, tries: int = 1) -> bool:
        """Copy and write in one step, so that an older copy never replaces a newer one; False if it has to be repeated.

        Failures are reported.
        """
        with self._locks[service]:
            for _ in range(tries):
                try:
                    data = state()
                    if data is not None:
                        self.save(service, data)
                except RuntimeError:  # changed while it was copied
                    continue
                except Exception:
                    log.exception("saving the state of %s", service)
                return True
        log.debug("the state of %s is changing; it is saved later", service)
        return False


def _save_without_copying(module: ModuleType) -> None:
    """Let a service give its stores as they are: a deep copy takes five times as long as writing them as JSON."""
    stores = {name: f"_{name}" for name in module.get_state()}
    missing = [store for store in stores.values() if not hasattr(module, store)]
    if missing:
        raise emulator.EmulatorChanged(f"{module.__name__} keeps its state elsewhere than in {', '.join(missing)}")
    emulator.substitute(
        module, "get_state", "", lambda: {name: getattr(module, store) for name, store in stores.items()}
    )
