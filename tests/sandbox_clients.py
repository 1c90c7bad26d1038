"""Clients of a running sandbox, made of what `hybridctl sandbox status` says to export."""

from collections.abc import Mapping
from typing import Any

import boto3


def client_of(exports: Mapping[str, str], service: str, **options: Any) -> Any:
    """A boto3 client; `options` go before what was exported."""
    settings: dict[str, Any] = {
        "endpoint_url": exports["AWS_ENDPOINT_URL"],
        "region_name": exports["AWS_DEFAULT_REGION"],
        "aws_access_key_id": exports["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": exports["AWS_SECRET_ACCESS_KEY"],
    }
    return boto3.client(service, **settings | options)
