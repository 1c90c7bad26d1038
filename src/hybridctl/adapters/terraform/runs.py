"""Runs the engine in an environment's root: its environment variables, its output, and errors for failed runs."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, NoReturn

from hybridctl.adapters.disk import find_full
from hybridctl.adapters.process import Ran, stream
from hybridctl.adapters.terraform import argv
from hybridctl.adapters.terraform.data_folder import in_use
from hybridctl.adapters.terraform.engine import find_engine
from hybridctl.adapters.terraform.environment import child_environment
from hybridctl.adapters.terraform.errored_state import ErroredState
from hybridctl.adapters.terraform.events import Heard as Transcript
from hybridctl.adapters.terraform.failures import failure, last_words
from hybridctl.adapters.terraform.init_stamp import InitStamp
from hybridctl.adapters.terraform.lock_note import LockNote
from hybridctl.domain.engine import Engine, EngineEvent
from hybridctl.domain.state_lock import StateLock
from hybridctl.errors import EngineFailed, HybridctlError, Interrupted
from hybridctl.ports.terraform import Heard

WAITING = EngineEvent("waiting", "another hybridctl is using Terraform in this checkout: waiting")
STARTED = EngineEvent("started", "Terraform is starting")


@dataclass(frozen=True, slots=True)
class Root:
    """An environment's Terraform. `environ` already points to the right AWS, `backend` to the state.

    `found_engine` waits for a search that has started already. `lock` reads the lock on the state; Terraform waits for
    it for `lock_seconds`. `project` is passed on if the root declares this variable. `served_since` is when the sandbox
    started: an engine with an older lock has lost its provider and its state.
    """

    environment: str
    folder: Path
    data: Path
    backend: Mapping[str, str]
    environ: Mapping[str, str]
    wanted_engine: str | None = None
    found_engine: Callable[[], Engine] | None = None
    reattach: str | None = None
    shell_variables: tuple[str, ...] = ()
    project: str | None = None
    served_since: datetime | None = None
    lock_seconds: int = 20
    lock: Callable[[], StateLock | None] = lambda: None


class Runs:
    """Runs the engine in `root`. Runs that need the data folder alone wait for other hybridctl processes."""

    def __init__(self, root: Root) -> None:
        self.root = root
        self._engine: Engine | None = None
        self._finding = Lock()

    @property
    def engine(self) -> Engine:
        """The engine, found once, by the first thread that needs it."""
        with self._finding:
            if self._engine is None:
                found = self.root.found_engine
                self._engine = found() if found else find_engine(self.root.wanted_engine, self.root.environ)
            return self._engine

    @property
    def environment(self) -> dict[str, str]:
        """The engine's environment variables."""
        root = self.root
        return child_environment(root.environ, root.data, reattach=root.reattach, shell_variables=root.shell_variables)

    @property
    def note(self) -> LockNote:
        return LockNote(self.root.data)

    @property
    def errored(self) -> ErroredState:
        return ErroredState(self.root.folder, self.root.data, self.root.environment)

    def run_shared(self, doing: str, line: Sequence[str], heard: Heard, *, folder: Path | None = None) -> int:
        """Run while other commands may run too, in `folder` or in the root. Raises the error from `failure`.

        Return the engine's exit code: 0, or that of a plan with changes.
        """
        with in_use(self.root.data, alone=False, waiting=lambda: heard(WAITING)) as held:
            return self.run(doing, line, heard, held, folder=folder)

    def run(self, doing: str, line: Sequence[str], heard: Heard, held: int, *, folder: Path | None = None) -> int:
        """Run like `run_shared`, for a caller that already holds the data folder with the descriptor `held`."""
        transcript = Transcript()
        noted = doing == "init"  # init takes no lock

        def on_line(text: str) -> None:
            nonlocal noted
            event = transcript.take(text)
            if event is None:
                return
            if not noted:
                noted = True
                self._note_lock()
            heard(event)

        ran = self.stream(line, on_line, held, folder=folder, on_start=lambda: heard(STARTED))
        is_done = ran.code == 0 or (doing == "plan" and ran.code == argv.CHANGES)
        if ran.interrupts and ran.code >= 0:
            how = "finished before it could be stopped" if is_done else "stopped cleanly"
            raise Interrupted(f"{doing} of {self.root.environment} was interrupted; Terraform {how}")
        if not is_done:
            self._explain(doing, ran, transcript)
        return ran.code

    def show(self, what: str, saved: Path | None = None) -> Mapping[str, Any]:
        """Return a saved plan, or the state without `saved`, as the engine's JSON."""
        lines: list[str] = []
        with in_use(self.root.data, alone=False) as held:
            ran = self.stream(argv.show(self.engine, saved), lines.append, held)
        if ran.interrupts:
            raise Interrupted(f"reading the {what} of {self.root.environment} was interrupted")
        if ran.code != 0:
            raise EngineFailed(f"reading the {what} of {self.root.environment}: {last_words(ran)}")
        found: Mapping[str, Any] = json.loads("".join(lines))
        return found

    def stream(
        self,
        line: Sequence[str],
        on_line: Callable[[str], None],
        held: int,
        *,
        folder: Path | None = None,
        on_start: Callable[[], None] = lambda: None,
    ) -> Ran:
        """Run to the end, whatever the exit code, and pass each line to `on_line`."""
        return stream(
            line,
            cwd=folder or self.root.folder,
            environment=self.environment,
            on_line=on_line,
            on_start=on_start,
            keeps=[held],
        )

    def _explain(self, doing: str, ran: Ran, transcript: Transcript) -> NoReturn:
        InitStamp(self.root.folder, self.root.data).remove()  # after any failure, the next init must run
        folders = (self.root.data, self.root.folder, Path(tempfile.gettempdir()))
        raise failure(
            doing,
            self.root.environment,
            ran,
            transcript,
            errored=self.errored.find(),
            full=find_full(folders),
            lock=self.root.lock,
            sandboxed=self.root.reattach is not None,
        )

    def _note_lock(self) -> None:
        """Note the state's lock while the engine runs and therefore holds it."""
        try:
            lock = self.root.lock()
        except HybridctlError:
            return  # the lock cannot be proven ours then, and the user must decide
        if lock is not None:
            self.note.write(lock)
