"""boto3 clients for tests without AWS, and such a client whose answers a test writes down."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.stub import Stubber


def offline_client(service: str) -> Any:
    """A client with credentials of no account; it makes one attempt."""
    return boto3.client(
        service,
        region_name="eu-west-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}),
    )


@contextmanager
def stub_client(service: str) -> Iterator[tuple[Any, Stubber]]:
    """A client and its stubber; every answer that was added has to be asked for."""
    client = offline_client(service)
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()
