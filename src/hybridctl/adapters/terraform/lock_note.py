"""Which lock on the state the engine of this checkout holds: what proves later that its holder is dead.

Terraform's lock names a user and a host, no process. So hybridctl writes down the lock's id while its engine holds it,
and the engine keeps the data folder in use as long as it lives (the kernel sees to that, also after a kill). Who has
the folder alone, and finds the noted lock still on the state, knows that it will never be taken off by its holder.
"""

from contextlib import suppress
from pathlib import Path

from hybridctl.domain.tfstate import StateLock
from hybridctl.errors import FileUnreadable, FileUnwritable
from hybridctl.files import read_text, write_file


class LockNote:
    """One note for the environment whose data folder this is; locks have ids of their own, so an old one harms not."""

    def __init__(self, data: Path) -> None:
        self._path = data.with_name(f"{data.name}.held")

    def exists(self) -> bool:
        return self._path.exists()

    def write(self, lock: StateLock) -> None:
        with suppress(FileUnwritable):  # without it the lock is only not provably dead, and somebody is asked
            write_file(self._path, lock.id.encode())

    def names(self, lock: StateLock) -> bool:
        try:
            return read_text(self._path).strip() == lock.id
        except FileUnreadable:
            return False
