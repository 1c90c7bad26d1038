"""Terraform as a subprocess: one environment's root, its own data folder, and its saved plans."""

import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from hybridctl.adapters.disk import find_full
from hybridctl.adapters.process import Ran, stream
from hybridctl.adapters.terraform import argv
from hybridctl.adapters.terraform.adoption_root import adopting
from hybridctl.adapters.terraform.data_folder import forget_workspace, fresh, in_use, is_free
from hybridctl.adapters.terraform.engine import find_engine
from hybridctl.adapters.terraform.environment import child_environment
from hybridctl.adapters.terraform.errored_state import ErroredState
from hybridctl.adapters.terraform.events import Heard as Transcript
from hybridctl.adapters.terraform.failures import failure, forked, last_words
from hybridctl.adapters.terraform.lock_note import LockNote
from hybridctl.adapters.terraform.variables import read_declared_variables, value_files
from hybridctl.domain.changes import read_changes
from hybridctl.domain.engine import Engine, EngineEvent, Plan, PlanRequest
from hybridctl.domain.reviewed import PLAN_LIMIT
from hybridctl.domain.tfstate import Resources, StateLock, read_resources
from hybridctl.errors import (
    EngineFailed,
    HybridctlError,
    Interrupted,
    LockHeld,
    StateMoved,
)
from hybridctl.files import read_file, write_failure, write_file
from hybridctl.ports import Heard

_WAITING = EngineEvent("waiting", "another hybridctl uses Terraform in this checkout: waiting for it")


@dataclass(frozen=True, slots=True)
class Root:
    """Where one environment's Terraform lives; `environ` already leads to the right AWS, `backend` to the state.

    `lock` reads the lock that is on the state; Terraform waits for it for `lock_seconds`. `project` is handed over
    where the root declares such a variable.
    """

    environment: str
    folder: Path
    data: Path
    backend: Mapping[str, str]
    environ: Mapping[str, str]
    wanted_engine: str | None = None
    reattach: str | None = None
    shell_variables: tuple[str, ...] = ()
    project: str | None = None
    lock_seconds: int = 20
    lock: Callable[[], StateLock | None] = lambda: None


class TerraformCli:
    def __init__(self, root: Root) -> None:
        self._root = root

    @cached_property
    def _engine(self) -> Engine:
        return find_engine(self._root.wanted_engine, self._root.environ)

    def engine(self) -> Engine:
        return self._engine

    def init(self, heard: Heard) -> StateLock | None:
        """Make the root ready, and the state free: the lock of an engine of ours that is dead, if it left one."""
        if not self._root.folder.is_dir():
            raise EngineFailed(
                f"there is no Terraform root {self._root.folder}", hint="see [terraform] in hybridctl.toml"
            )
        with in_use(self._root.data, alone=True, waiting=lambda: heard(_WAITING)) as held:
            self._init(heard, held)
            lock = self._root.lock() if self._note.exists() else None
            if lock is None or not self._note.names(lock):
                return None
            self._force_unlock(lock.id, held)
            return lock

    def _init(self, heard: Heard, held: int) -> None:
        """Run init; where it fails on what an earlier one left in the data folder, once more without that."""
        # OpenTofu's lock names a registry of its own, and is not what the repository holds.
        is_locked = self.engine().name == "terraform" and self._locks.exists()
        line = argv.init(self.engine(), self._root.backend, is_locked=is_locked)
        forget_workspace(self._root.data)
        is_new = not os.path.lexists(self._root.data)
        try:
            self._run("init", line, heard, held)
        except EngineFailed as failed:
            if is_new:
                raise
            try:
                with fresh(self._root.data):
                    self._run("init", line, heard, held)
            except EngineFailed:
                raise failed from None  # the cache was not to blame
            heard(EngineEvent("init", "Terraform's cache was damaged, and was made again"))

    def plan(self, request: PlanRequest, heard: Heard) -> Plan:
        """Plan into a file that only its owner can read: a plan holds every value in clear."""
        self._refuse_forked_state()
        saved = self._fresh_file()
        values = value_files(self._root.folder.parent / request.values_of) if request.values_of else []
        variables = dict(request.variables)
        declared = read_declared_variables(self._root.folder)
        if self._root.project and "project" in (declared or ()):
            variables["project"] = self._root.project
        if request.values_of and (declared is None or "environment" in declared):
            variables["environment"] = self._root.environment
        try:
            line = argv.plan(
                self.engine(),
                saved,
                var_files=values,
                variables=variables,
                destroy=request.destroy,
                refresh_only=request.refresh_only,
                lock_seconds=self._root.lock_seconds,
            )
            if request.imports:
                with adopting(self._root.folder, request.imports) as folder:
                    self._run_shared("plan", line, heard, folder=folder)
            else:
                self._run_shared("plan", line, heard)
            return self._read(saved)
        except BaseException:
            saved.unlink(missing_ok=True)
            raise

    def apply(self, plan: Plan, heard: Heard) -> None:
        self._refuse_forked_state()
        self._run_shared("apply", argv.apply(self.engine(), plan.path, self._root.lock_seconds), heard)

    def discard(self, plan: Plan) -> None:
        plan.path.unlink(missing_ok=True)

    def saved(self, plan: Plan) -> bytes:
        """The plan as Terraform saved it."""
        return read_file(plan.path, what="Terraform's plan", limit=PLAN_LIMIT)

    def read(self, saved: bytes) -> Plan:
        """A plan that was saved before, in a file of its own that `discard` removes."""
        path = self._fresh_file()
        try:
            write_file(path, saved)
            return self._read(path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def locks(self) -> bytes | None:
        """Which versions of the providers were chosen; None where `init` had nothing to choose."""
        return read_file(self._locks) if self._locks.exists() else None

    def use_locks(self, content: bytes) -> None:
        """Let the next `init` choose the same versions."""
        write_file(self._locks, content, mode=0o644)

    def errored_state(self) -> Path | None:
        """The state that an apply could not write to its backend, where one lies about."""
        return self._errored.path if self._errored.exists() else None

    def set_errored_aside(self) -> Path:
        """Keep that state elsewhere, where it stops nothing; returns its new path."""
        return self._errored.set_aside()

    def resources(self) -> Resources:
        """What the state holds."""
        return read_resources(self._shown("state"))

    def is_dead(self, lock: StateLock) -> bool:
        """Whether an engine of this checkout took that lock and has died: it was noted, and nobody is at work."""
        return self._note.names(lock) and is_free(self._root.data)

    def unlock(self, lock: str) -> None:
        """Take the lock of that id off the state; LockHeld when it is another one by now."""
        with in_use(self._root.data, alone=False) as held:
            self._force_unlock(lock, held)

    def forget(self, addresses: Sequence[str]) -> None:
        """Take these addresses out of the state; their objects, if there are any, stay."""
        with in_use(self._root.data, alone=False) as held:
            ran = self._stream(argv.forget(self.engine(), addresses, self._root.lock_seconds), lambda _line: None, held)
        if ran.code != 0:
            raise EngineFailed(f"taking {', '.join(addresses)} out of the state: {last_words(ran)}")

    def push_errored(self) -> None:
        """Write that state where it belongs, and remove the file; StateMoved when another one was written since."""
        self._errored.must_be_readable()
        left = self._errored.path
        with in_use(self._root.data, alone=False) as held:
            ran = self._stream(argv.push(self.engine(), left), lambda _line: None, held)
        if ran.code != 0:
            name = self._root.environment
            raise StateMoved(
                f"pushing {left}: {last_words(ran)}",
                hint="if another apply has written the state since: "
                f"hybridctl state push {name} --set-aside, then hybridctl deploy {name}",
            )
        left.unlink()

    def _force_unlock(self, lock: str, held: int) -> None:
        ran = self._stream(argv.force_unlock(self.engine(), lock), lambda _line: None, held)
        if ran.code != 0:
            raise LockHeld(
                f"unlocking the state of {self._root.environment}: {last_words(ran)}",
                hint="hybridctl state unlock",
            )

    def _read(self, saved: Path) -> Plan:
        content = self._shown("plan", saved)
        return Plan(saved, content, read_changes(content))

    def _shown(self, what: str, saved: Path | None = None) -> Mapping[str, Any]:
        lines: list[str] = []
        with in_use(self._root.data, alone=False) as held:
            ran = self._stream(argv.show(self.engine(), saved), lines.append, held)
        if ran.interrupts:
            raise Interrupted(f"reading the {what} of {self._root.environment} was interrupted")
        if ran.code != 0:
            raise EngineFailed(f"reading the {what} of {self._root.environment}: {last_words(ran)}")
        found: Mapping[str, Any] = json.loads("".join(lines))
        return found

    def _run_shared(self, doing: str, line: Sequence[str], heard: Heard, *, folder: Path | None = None) -> None:
        with in_use(self._root.data, alone=False, waiting=lambda: heard(_WAITING)) as held:
            self._run(doing, line, heard, held, folder=folder)

    def _run(self, doing: str, line: Sequence[str], heard: Heard, held: int, *, folder: Path | None = None) -> None:
        transcript = Transcript()
        noted = doing == "init"  # which takes no lock

        def on_line(text: str) -> None:
            nonlocal noted
            event = transcript.take(text)
            if event is None:
                return
            if not noted:
                noted = True
                self._note_lock()
            heard(event)

        ran = self._stream(line, on_line, held, folder=folder)
        if ran.interrupts and ran.code >= 0:
            how = "came to its end first" if ran.code == 0 else "stopped cleanly"
            raise Interrupted(f"{doing} of {self._root.environment} was interrupted; Terraform {how}")
        if ran.code != 0:
            self._explain(doing, ran, transcript)

    def _explain(self, doing: str, ran: Ran, transcript: Transcript) -> NoReturn:
        folders = (self._root.data, self._root.folder, Path(tempfile.gettempdir()))
        raise failure(
            doing,
            self._root.environment,
            ran,
            transcript,
            errored=self.errored_state(),
            full=find_full(folders),
            lock=self._root.lock,
            sandboxed=self._root.reattach is not None,
        )

    def _refuse_forked_state(self) -> None:
        left = self.errored_state()
        if left is not None:
            raise forked(f"an earlier apply could not write its state and left it in {left}", self._root.environment)

    def _note_lock(self) -> None:
        """Remember whose lock this is, while the engine is at work and therefore holds it."""
        try:
            lock = self._root.lock()
        except HybridctlError:
            return  # the lock is then not provably ours, and somebody is asked
        if lock is not None:
            self._note.write(lock)

    @property
    def _note(self) -> LockNote:
        return LockNote(self._root.data)

    @property
    def _locks(self) -> Path:
        return self._root.folder / ".terraform.lock.hcl"

    @property
    def _errored(self) -> ErroredState:
        return ErroredState(self._root.folder, self._root.data, self._root.environment)

    def _stream(
        self, line: Sequence[str], on_line: Callable[[str], None], held: int, *, folder: Path | None = None
    ) -> Ran:
        root = self._root
        environment = child_environment(
            root.environ, root.data, reattach=root.reattach, shell_variables=root.shell_variables
        )
        return stream(line, cwd=folder or root.folder, environment=environment, on_line=on_line, keeps=[held])

    def _fresh_file(self) -> Path:
        folder = self._root.data.parent / "plans"
        saved = folder / f"{self._root.environment}-{os.getpid()}.tfplan"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            saved.unlink(missing_ok=True)
            os.close(os.open(saved, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
        except OSError as cause:
            raise write_failure(saved, cause) from cause
        return saved
