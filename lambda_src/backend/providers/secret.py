"""A secret in SSM's Parameter Store, kept for some minutes."""

import os
import time
from collections.abc import Callable
from typing import Any, Protocol

from backend.aws.client import SSM, Client, ServiceError
from backend.aws.connections import NoAnswer
from backend.verification import ProviderNotConfigured, ProviderUnavailable

KEPT_SECONDS = 900


class ParameterStore(Protocol):
    """Any operation of SSM by its name; raises ServiceError or NoAnswer."""

    def __call__(self, operation: str, **parameters: Any) -> dict[str, Any]: ...


def open_ssm() -> ParameterStore:
    return Client(SSM, os.environ)


class Secret(Protocol):
    def __call__(self, *, oldest: float = ...) -> str: ...


class CachedSecret:
    """Reads the parameter when first called, and again when what it has is older than is asked for: secrets rotate."""

    def __init__(
        self,
        name: str,
        *,
        open_store: Callable[[], ParameterStore] = open_ssm,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._open_store = open_store
        self._clock = clock
        self._store: ParameterStore | None = None
        self._value = ""
        self._read_at = 0.0

    def __call__(self, *, oldest: float = KEPT_SECONDS) -> str:
        """The secret as it was at most `oldest` seconds ago."""
        if not self._value or self._clock() - self._read_at >= oldest:
            self._value = self._read()
            self._read_at = self._clock()
        return self._value

    def _read(self) -> str:
        if self._store is None:
            self._store = self._open_store()
        try:
            answer = self._store("GetParameter", Name=self._name, WithDecryption=True)
        except ServiceError as cause:
            if cause.is_passing:
                raise ProviderUnavailable(f"reading {self._name}: {cause.code}") from cause
            raise ProviderNotConfigured(f"reading {self._name}: {cause.code}") from cause
        except NoAnswer as cause:
            raise ProviderUnavailable(f"reading {self._name}: {cause}") from cause
        return str(answer["Parameter"]["Value"]).strip()  # put from a file, it ends as a line does
