"""Clients of a running sandbox, made of what `hybridctl sandbox status` says to export."""

from collections.abc import Hashable, Mapping
from functools import cache
from typing import Any

import boto3


def client_of(exports: Mapping[str, str], service: str, **options: Any) -> Any:
    """A boto3 client, the same one for the same arguments; `options` go before what was exported."""
    settings: dict[str, Any] = {
        "endpoint_url": exports["AWS_ENDPOINT_URL"],
        "region_name": exports["AWS_DEFAULT_REGION"],
        "aws_access_key_id": exports["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": exports["AWS_SECRET_ACCESS_KEY"],
    }
    return _make_client(service, tuple(sorted((settings | options).items())))


@cache
def _make_client(service: str, settings: tuple[tuple[str, Hashable], ...]) -> Any:
    return boto3.client(service, **dict(settings))
