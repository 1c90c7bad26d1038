"""A function of its own for each test that wants one, in the shared sandbox."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.cloud.functions import Api, Function


@pytest.fixture
def function(sandbox: Any) -> Function:
    return Function(sandbox)


@pytest.fixture
def make_function(sandbox: Any) -> Callable[..., Function]:
    return lambda **options: Function(sandbox, **options)


@pytest.fixture
def api(function: Function) -> Api:
    """An HTTP API with a named stage, CORS and an access log in front of the alias `live` of version 1."""
    function.alias("live", function.publish())
    return Api(function)
