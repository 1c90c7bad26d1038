"""The records of an environment as a sequence that reads only as many records as needed."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import overload

from hybridctl.domain.release import Release

# A record's name: the time of the start and the process that started the release.
_RECORD = re.compile(r"\d{8}T\d{6}-[\w.-]+\.json")
_PAGE = 16

Read = Callable[[Sequence[str]], Sequence[Release]]


def is_record(name: str) -> bool:
    return _RECORD.fullmatch(name) is not None


class LazyHistory(Sequence[Release]):
    """Releases, oldest first. `parts` are the keys of their records: newest part first, each part oldest first.

    Iterating backward and indexing from the end read only the newest records. Everything else reads all records.
    """

    def __init__(self, parts: Iterable[Sequence[str]], read: Read) -> None:
        self._unread: list[str] = []
        self._parts = iter(parts)
        self._read = read
        self._known: list[Release] = []  # newest first

    def newest(self, count: int) -> list[Release]:
        """Return the newest `count` releases, oldest first."""
        while len(self._known) < count and self._read_page(max(count - len(self._known), 1)):
            pass
        return self._known[:count][::-1]

    def __reversed__(self) -> Iterator[Release]:
        at = 0
        while at < len(self._known) or self._read_page(_PAGE):
            while at < len(self._known):
                yield self._known[at]
                at += 1

    def __bool__(self) -> bool:
        return next(iter(reversed(self)), None) is not None

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[Release]:
        return iter(self._all())

    @overload
    def __getitem__(self, at: int) -> Release: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Release]: ...
    def __getitem__(self, at: int | slice) -> Release | Sequence[Release]:
        if isinstance(at, int) and at < 0:
            return self.newest(-at)[at]
        return self._all()[at]

    def _all(self) -> list[Release]:
        while self._read_page(len(self._unread) or _PAGE):
            pass
        return self._known[::-1]

    def _read_page(self, count: int) -> bool:
        """Read up to `count` more records. Return False if there are no more."""
        while not self._unread:
            part = next(self._parts, None)
            if part is None:
                return False
            self._unread = list(part)
        page, self._unread = self._unread[-count:], self._unread[:-count]
        self._known += reversed(self._read(page))
        return True
