"""Notes which state lock the engine of this checkout holds, to prove later that its holder has died.

Terraform's lock names a user and a host, but no process. hybridctl therefore writes down the lock's id while its engine
holds the lock. The engine keeps the data folder in use as long as it runs (enforced by the kernel, even after a kill).
Whoever has the folder alone and still finds the noted lock on the state knows that its holder will never remove it.
"""

from contextlib import suppress
from pathlib import Path

from hybridctl.domain.state_lock import StateLock
from hybridctl.errors import FileUnreadable, FileUnwritable
from hybridctl.files import read_text, write_file


class LockNote:
    """The note for the environment with this data folder. Lock ids are unique, so an old note is harmless."""

    def __init__(self, data: Path) -> None:
        self._path = data.with_name(f"{data.name}.held")

    def exists(self) -> bool:
        return self._path.exists()

    def write(self, lock: StateLock) -> None:
        with suppress(FileUnwritable):  # without the note, the lock cannot be proven dead, and the user must decide
            write_file(self._path, lock.id.encode())

    def names(self, lock: StateLock) -> bool:
        try:
            return read_text(self._path).strip() == lock.id
        except FileUnreadable:
            return False
