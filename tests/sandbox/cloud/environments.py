"""Execution environments in the process of the test, without a sandbox around them."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hybridctl.sandbox.cloud.runtime import environment
from sandbox.cloud.functions import package
from sandbox.cloud.packages import HANDLER

Make = Callable[..., environment.ExecutionEnvironment]


@contextmanager
def local_environments(folder: Path) -> Iterator[Make]:
    """Gives a function that makes an environment of a zip; they have no credentials, and end with the block."""
    made: list[environment.ExecutionEnvironment] = []

    def make(
        content: bytes = b"", *, source: str = "", runtime: str = "python3.13", handler: str = HANDLER, **more: Any
    ) -> environment.ExecutionEnvironment:
        options = {"init_seconds": more.pop("init_seconds")} if "init_seconds" in more else {}
        config = {"FunctionName": "f", "Handler": handler, "Runtime": runtime, **more}
        made.append(environment.ExecutionEnvironment("f", config, content or package(source=source), **options))
        return made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(tempfile, "tempdir", None)
        for name in ("AWS_ENDPOINT_URL", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            patch.setenv(name, "http://127.0.0.1:9")
        patch.setattr(environment, "open_session", lambda config: {})
        patch.setattr(environment, "close_session", lambda key: None)
        try:
            yield make
        finally:
            for each in made:
                each._end()
