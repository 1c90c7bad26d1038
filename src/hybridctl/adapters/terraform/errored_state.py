"""`errored.tfstate`: the state that an apply could not write to its backend. It is never removed unread."""

import os
from datetime import UTC, datetime
from pathlib import Path

from hybridctl.domain.stored_state import StateKind, read_stored_state
from hybridctl.errors import FileUnreadable, StateUnreadable
from hybridctl.files import read_file, write_failure

_LARGEST = 2**28


class ErroredState:
    """The file that Terraform leaves in its root `folder`. `data` is the environment's data folder."""

    def __init__(self, folder: Path, data: Path, environment: str) -> None:
        self.path = folder / "errored.tfstate"
        self._data = data
        self._environment = environment

    def find(self) -> Path | None:
        """Return the file's path, or None if it does not exist."""
        return self.path if os.path.lexists(self.path) else None

    def must_be_readable(self) -> None:
        """Raise StateUnreadable if the file does not contain a state."""
        try:
            found = read_stored_state(read_file(self.path, limit=_LARGEST))
            why = found.why if found.kind is StateKind.UNREADABLE else ""  # the engine judges all others
        except FileUnreadable as cause:
            why = str(cause)
        if why:
            raise StateUnreadable(
                f"{self.path} contains no state that could be pushed: {why}",
                hint=f"hybridctl state push {self._environment} --set-aside moves it elsewhere; then "
                f"hybridctl deploy {self._environment} imports what that apply created",
            )

    def set_aside(self, at: datetime | None = None) -> Path:
        """Move the file beside the data folder and return its new path."""
        time = at or datetime.fromtimestamp(self.path.lstat().st_mtime, UTC)
        kept = self._data.with_name(f"{self._environment}-errored-{time:%Y%m%dT%H%M%S}.tfstate")
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            self.path.rename(kept)
        except OSError as cause:
            raise write_failure(kept, cause) from cause
        return kept
