"""Parse each of AWS's service models once in a process: botocore does so for every session, in a tenth of a second."""

from functools import cache
from typing import Any

from botocore.loaders import JSONFileLoader


def share_service_models() -> None:
    """Let all sessions of this process share what is parsed; botocore only reads it."""
    original = JSONFileLoader.load_file

    @cache
    def load(path: str) -> Any:
        return original(JSONFileLoader(), path)

    def load_file(self: JSONFileLoader, path: str) -> Any:
        return load(path)

    JSONFileLoader.load_file = load_file
