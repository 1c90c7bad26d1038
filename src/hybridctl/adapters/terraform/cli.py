"""Terraform as a subprocess: an environment's root, its data folder, and its saved plans."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from hybridctl.adapters.terraform import argv
from hybridctl.adapters.terraform.data_folder import forget_workspace, fresh, in_use, is_free
from hybridctl.adapters.terraform.failures import explain_forked_state, explain_state_change, last_words
from hybridctl.adapters.terraform.init_stamp import InitStamp
from hybridctl.adapters.terraform.runs import WAITING, Root, Runs
from hybridctl.adapters.terraform.variables import read_declared_variables, value_files
from hybridctl.domain.changes import read_changes
from hybridctl.domain.engine import PLAN_LIMIT, READING, Engine, EngineEvent, Plan, PlanRequest
from hybridctl.domain.state_lock import StateLock
from hybridctl.errors import EngineFailed, HybridctlError, LockHeld
from hybridctl.files import READABLE, read_file, write_failure, write_file
from hybridctl.ports.terraform import Heard

if TYPE_CHECKING:
    from hybridctl.domain.tfstate import Resources


class TerraformCli:
    def __init__(self, root: Root) -> None:
        self._root = root
        self._runs = Runs(root)

    def engine(self) -> Engine:
        return self._runs.engine

    def init(self, heard: Heard) -> StateLock | None:
        """Initialize the root. If a dead engine of this checkout left its lock on the state, remove and return that
        lock.
        """
        if not self._root.folder.is_dir():
            raise EngineFailed(
                f"there is no Terraform root {self._root.folder}", hint="see [terraform] in hybridctl.toml"
            )
        with in_use(self._root.data, alone=True, waiting=lambda: heard(WAITING)) as held:
            self._init(heard, held)
            lock = self._find_left_lock()
            if lock is not None:
                self._force_unlock(lock.id, held)
            return lock

    def _init(self, heard: Heard, held: int) -> None:
        """Run init unless it would change nothing. If it fails because of the data folder, run it once more without
        that folder.
        """
        # OpenTofu's lock file names its own registry, so it differs from the one in the repository.
        is_locked = self.engine().name == "terraform" and self._locks.exists()
        line = argv.init(self.engine(), self._root.backend, is_locked=is_locked)
        forget_workspace(self._root.data)
        if self._stamp.matches(self.engine(), line, self._runs.environment):
            return
        self._stamp.remove()
        is_new = not os.path.lexists(self._root.data)
        try:
            self._runs.run("init", line, heard, held)
        except EngineFailed as failed:
            if is_new:
                raise
            try:
                with fresh(self._root.data):
                    self._runs.run("init", line, heard, held)
            except EngineFailed:
                raise failed from None  # the cache was not the cause
            heard(EngineEvent("init", "Terraform's cache was damaged and has been rebuilt"))
        self._stamp.write(self.engine(), line, self._runs.environment)

    def plan(self, request: PlanRequest, heard: Heard) -> Plan:
        """Save a plan to a file that only its owner can read: it contains all values in plain text."""
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
                from hybridctl.adapters.terraform.adoption_root import adopting

                with adopting(self._root.folder, request.imports) as folder:
                    code = self._runs.run_shared("plan", line, heard, folder=folder)
            else:
                code = self._runs.run_shared("plan", line, heard)
            is_unchanged = code != argv.CHANGES and not request.refresh_only  # which is read for its drift
            if is_unchanged and (plan := _read_unchanged(saved)):
                return plan
            heard(EngineEvent(READING, "reading the plan"))
            return self._read(saved)
        except BaseException:
            saved.unlink(missing_ok=True)
            raise

    def apply(self, plan: Plan, heard: Heard) -> None:
        self._refuse_forked_state()
        self._runs.run_shared("apply", argv.apply(self.engine(), plan.path, self._root.lock_seconds), heard)

    def discard(self, plan: Plan) -> None:
        plan.path.unlink(missing_ok=True)

    def read_saved(self, plan: Plan) -> bytes:
        """Return the plan as Terraform saved it."""
        return read_file(plan.path, what="Terraform's plan", limit=PLAN_LIMIT)

    def read(self, saved: bytes) -> Plan:
        """Read a plan that was saved before, from a new file that `discard` removes."""
        path = self._fresh_file()
        try:
            write_file(path, saved)
            return self._read(path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def locks(self) -> bytes | None:
        """Return the lock file with the selected provider versions, or None if `init` had nothing to select."""
        return read_file(self._locks) if self._locks.exists() else None

    def use_locks(self, content: bytes) -> None:
        """Make the next `init` select the same versions."""
        write_file(self._locks, content, mode=READABLE)

    def find_errored_state(self) -> Path | None:
        """Return the state that an apply could not write to its backend, or None."""
        return self._runs.errored.find()

    def set_errored_aside(self) -> Path:
        """Move that state to where it blocks nothing. Return its new path."""
        return self._runs.errored.set_aside()

    def resources(self) -> "Resources":
        """Return the resources in the state."""
        from hybridctl.domain.tfstate import read_resources

        return read_resources(self._runs.show("state"))

    def is_dead(self, lock: StateLock) -> bool:
        """Return whether the engine that took the lock has died: no engine runs in this checkout, and one of it took
        the lock, or the sandbox has been started since.
        """
        return self._is_left(lock) and is_free(self._root.data)

    def unlock(self, lock: str) -> None:
        """Remove the lock with this id from the state. Raises LockHeld if another lock is on it now."""
        with in_use(self._root.data, alone=False) as held:
            self._force_unlock(lock, held)

    def forget(self, addresses: Sequence[str]) -> None:
        """Remove these addresses from the state. Their objects are not deleted. Raises EngineFailed or LockHeld."""
        line = argv.forget(self.engine(), addresses, self._root.lock_seconds)
        self._change_state(f"removing {', '.join(addresses)} from the state", line, again="deploy")

    def untaint(self, addresses: Sequence[str]) -> None:
        """Let later plans correct these objects instead of replacing them. Raises EngineFailed or LockHeld."""
        for address in addresses:
            line = argv.untaint(self.engine(), address, self._root.lock_seconds)
            self._change_state(f"keeping {address}", line, again="deploy")

    def push_errored(self) -> None:
        """Push that state to its backend and remove the file. Raises StateMoved if another state was written since,
        EngineFailed or LockHeld.
        """
        self._runs.errored.must_be_readable()
        left = self._runs.errored.path
        line = argv.push(self.engine(), left, self._root.lock_seconds)
        self._change_state(f"pushing {left}", line, again="state push")
        left.unlink()

    def _change_state(self, doing: str, line: Sequence[str], *, again: str) -> None:
        """Run a command of the engine that changes its state and nothing else. `again` is ours that repeats it."""
        with in_use(self._root.data, alone=False) as held:
            ran = self._runs.stream(line, lambda _line: None, held)
        if ran.code != 0:
            raise explain_state_change(doing, self._root.environment, ran, again=again)

    def _find_left_lock(self) -> StateLock | None:
        """Return the lock of a dead engine, or None. If a lock cannot be read, the engine reports it."""
        if not (self._root.served_since or self._runs.note.exists()):
            return None
        try:
            lock = self._root.lock()
        except HybridctlError:
            return None
        return lock if lock is not None and self._is_left(lock) else None

    def _is_left(self, lock: StateLock) -> bool:
        """Return whether only a running engine of this checkout could still hold the lock."""
        since = self._root.served_since
        is_older = since is not None and lock.created < since and not lock.unreadable
        return is_older or self._runs.note.names(lock)

    def _force_unlock(self, lock: str, held: int) -> None:
        ran = self._runs.stream(argv.force_unlock(self.engine(), lock), lambda _line: None, held)
        if ran.code != 0:
            raise LockHeld(
                f"unlocking the state of {self._root.environment}: {last_words(ran)}",
                hint="hybridctl state unlock",
            )

    def _read(self, saved: Path) -> Plan:
        content = self._runs.show("plan", saved)
        return Plan(saved, content, read_changes(content))

    def _refuse_forked_state(self) -> None:
        left = self.find_errored_state()
        if left is not None:
            raise explain_forked_state(
                f"an earlier apply could not write its state and saved it in {left}", self._root.environment
            )

    @property
    def _stamp(self) -> InitStamp:
        return InitStamp(self._root.folder, self._root.data)

    @property
    def _locks(self) -> Path:
        return self._root.folder / ".terraform.lock.hcl"

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


def _read_unchanged(saved: Path) -> Plan | None:
    """Read a plan without changes from the state in its file. Return None for another format.

    The format is Terraform's own and not documented. `terraform show` is the fallback.
    """
    from hybridctl.domain.unchanged_plan import describe_unchanged

    try:
        with ZipFile(saved) as file:
            content = describe_unchanged(json.loads(file.read("tfstate")))
    except (OSError, BadZipFile, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return Plan(saved, content, read_changes(content))
