"""A secret in SSM's Parameter Store, kept for some minutes."""

import time
from collections.abc import Callable
from typing import Any, Protocol

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from backend.clients import open_client
from backend.verification import ProviderNotConfigured, ProviderUnavailable

KEPT_SECONDS = 900
_SSM = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})


def open_ssm() -> Any:  # botocore makes the client's class at run time; one call of it is used, get_parameter
    return open_client("ssm", _SSM)


class Secret(Protocol):
    def __call__(self, *, oldest: float = ...) -> str: ...


class CachedSecret:
    """Reads the parameter when first called, and again when what it has is older than is asked for: secrets rotate."""

    def __init__(
        self,
        name: str,
        *,
        open_store: Callable[[], Any] = open_ssm,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._open_store = open_store
        self._clock = clock
        self._store: Any = None
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
            answer = self._store.get_parameter(Name=self._name, WithDecryption=True)
        except ClientError as cause:
            code = cause.response["Error"]["Code"]
            if code in ("ThrottlingException", "InternalServerError"):
                raise ProviderUnavailable(f"reading {self._name}: {code}") from cause
            raise ProviderNotConfigured(f"reading {self._name}: {code}") from cause
        except BotoCoreError as cause:
            raise ProviderUnavailable(f"reading {self._name}: {type(cause).__name__}") from cause
        return str(answer["Parameter"]["Value"]).strip()  # put from a file, it ends as a line does
