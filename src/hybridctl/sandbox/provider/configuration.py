"""The provider block: what of it the sandbox takes, and the configuration that comes of it."""

from collections.abc import Callable, Iterator
from typing import Any

from hybridctl.sandbox.key import Key
from hybridctl.sandbox.provider.aws import Clients, ProviderConfiguration
from hybridctl.sandbox.provider.resource import Problem
from hybridctl.sandbox.provider.schema import SchemaBlock
from hybridctl.sandbox.provider.validation import find_unimplemented
from hybridctl.sandbox.provider.values import UNKNOWN, Values

# The skip_* switches, retries and path style change how AWS is reached, not what is made: nothing to carry out here.
IMPLEMENTED = frozenset(
    {
        "access_key",
        "allowed_account_ids",
        "default_tags",
        "endpoints",
        "forbidden_account_ids",
        "insecure",
        "max_retries",
        "region",
        "retry_mode",
        "s3_us_east_1_regional_endpoint",
        "s3_use_path_style",
        "secret_key",
        "skip_credentials_validation",
        "skip_metadata_api_check",
        "skip_region_validation",
        "skip_requesting_account_id",
        "sts_region",
        "token",
    }
)


def problems(block: SchemaBlock, config: Values, endpoint: str) -> Iterator[Problem]:
    """Why this provider block cannot be used with the sandbox at `endpoint`."""
    yield from find_unimplemented("the provider configuration", block, config, IMPLEMENTED, {})
    if config["allowed_account_ids"] and config["forbidden_account_ids"]:
        yield Problem(
            "Conflicting configuration arguments", '"allowed_account_ids": conflicts with forbidden_account_ids'
        )
    for entry in _items(config["endpoints"]):
        for service, url in entry.items():
            if url not in (None, "", UNKNOWN) and url.rstrip("/") != endpoint.rstrip("/"):
                yield Problem(
                    f"endpoints.{service} is {url}, but this provider reaches the sandbox at {endpoint} alone",
                    "Leave the endpoint out: for the local environment it comes from AWS_ENDPOINT_URL.",
                )


def configure(
    config: Values, region: str, key: Key, make_clients: Callable[[str, Key], Clients]
) -> ProviderConfiguration:
    """The configuration; `region` and `key` are used where it names none."""
    place = str(_value_or_none(config["region"]) or region)
    given = (_value_or_none(config["access_key"]), _value_or_none(config["secret_key"]))
    used = Key(str(given[0]), str(given[1]), str(_value_or_none(config["token"]) or "")) if all(given) else key
    tags = {
        key: value
        for entry in _items(config["default_tags"])
        for key, value in (_value_or_none(entry["tags"]) or {}).items()
    }
    return ProviderConfiguration(
        place, make_clients(place, used), {key: value for key, value in tags.items() if isinstance(value, str)}
    )


def account_problem(config: Values, configuration: ProviderConfiguration) -> Problem | None:
    """The guard of allowed_account_ids and forbidden_account_ids, when either is set."""
    allowed, forbidden = (
        _value_or_none(config["allowed_account_ids"]) or [],
        _value_or_none(config["forbidden_account_ids"]) or [],
    )
    if not allowed and not forbidden:
        return None
    account = configuration.account
    if account in forbidden or (allowed and account not in allowed):
        return Problem(f"AWS account ID not allowed: {account}")
    return None


def _value_or_none(value: Any) -> Any:
    return None if value is UNKNOWN else value


def _items(blocks: Any) -> list[Values]:
    return [item for item in blocks if item is not UNKNOWN] if isinstance(blocks, list) else []
