"""Every resource type and data source that the sandbox carries out."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from hybridctl.sandbox.provider.resource import DataSource, ResourceType

PACKAGE = "hybridctl.sandbox.provider"
MODULES = (
    "apigateway",
    "autoscaling",
    "cloudwatch",
    "dynamodb",
    "events",
    "facts",
    "iam",
    "lambda_alias",
    "lambda_concurrency",
    "lambda_event_source",
    "lambda_function",
    "lambda_permission",
    "logs",
    "policy_document",
    "sns",
    "sqs",
)


@cache
def resources() -> Mapping[str, ResourceType]:
    return {entry.type_name: entry for module in _modules() for entry in getattr(module, "RESOURCES", ())}


@cache
def data_sources() -> Mapping[str, DataSource]:
    return {entry.type_name: entry for module in _modules() for entry in getattr(module, "DATA_SOURCES", ())}


def _modules() -> list[object]:
    return [import_module(f"{PACKAGE}.{name}") for name in MODULES]
