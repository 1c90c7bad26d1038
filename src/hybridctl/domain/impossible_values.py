"""Values in a plan that AWS will reject, found before anything changes.

Sources: lambda/latest/dg/gettingstarted-limits.html (memory, timeout, environment, layers, storage),
lambda/latest/dg/configuration-envvars.html (reserved names), PutRetentionPolicy in the API reference of CloudWatch Logs
(retention), CreateTable in that of DynamoDB (names, indexes).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hybridctl.domain.plan_json import find_planned

ENVIRONMENT_LIMIT = 4096  # bytes, of all names and values
MEMORY_MB = range(128, 10_240 + 1)
TIMEOUT_S = range(1, 900 + 1)
STORAGE_MB = range(512, 10_240 + 1)
MOST_LAYERS = 5
MOST_INDEXES = 20
RETENTION_DAYS = frozenset(
    (0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
)
RESERVED_NAMES = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
_VARIABLE = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+")
_FUNCTION = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_TABLE = re.compile(r"[a-zA-Z0-9_.-]{3,255}")


def find_impossible_values(plan: Mapping[str, Any]) -> list[str]:
    """Return one sentence for each invalid value in a plan's JSON. Values that are known only after the apply are not
    checked.
    """
    looks = {
        "aws_lambda_function": _of_function,
        "aws_cloudwatch_log_group": _of_log_group,
        "aws_dynamodb_table": _of_table,
    }
    return [
        f"{address}: {fault}"
        for kind, look in looks.items()
        for address, values in find_planned(plan, kind)
        for fault in look(values)
    ]


def _of_function(values: Mapping[str, Any]) -> Iterator[str]:
    name = values.get("function_name")
    if isinstance(name, str) and not _FUNCTION.fullmatch(name):
        yield f"{name!r} is not a valid function name: use 1 to 64 letters, digits, dashes or underscores"
    if not values.get("capacity_provider_config"):  # capacity providers have other limits
        yield from _outside(values, "memory_size", MEMORY_MB, "MB")
        yield from _outside(values, "timeout", TIMEOUT_S, "s")
    for block in values.get("ephemeral_storage") or ():
        yield from _outside(block, "size", STORAGE_MB, "MB")
    if len(values.get("layers") or ()) > MOST_LAYERS:
        yield f"{len(values['layers'])} layers, but Lambda allows {MOST_LAYERS}"
    for block in values.get("environment") or ():
        yield from _of_environment(block.get("variables") or {})


def _of_environment(variables: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(variables):
        if name in RESERVED_NAMES:
            yield f"the environment variable {name} is reserved by Lambda: choose another name"
        elif not _VARIABLE.fullmatch(name):
            yield (
                f"{name!r} is not a valid environment variable: begin with a "
                "letter, then use letters, digits or underscores"
            )
    size = sum(len(f"{name}{value}".encode()) for name, value in variables.items())
    if size > ENVIRONMENT_LIMIT:
        largest = max(variables, key=lambda name: len(str(variables[name])))
        yield (
            f"its environment is {size} bytes, but Lambda allows {ENVIRONMENT_LIMIT}: the largest "
            f"variable is {largest} with {len(str(variables[largest]).encode())}"
        )


def _of_log_group(values: Mapping[str, Any]) -> Iterator[str]:
    days = as_number(values.get("retention_in_days"))
    if days is not None and days not in RETENTION_DAYS:
        nearest = min(RETENTION_DAYS - {0}, key=lambda known: abs(known - days))
        yield f"retention_in_days is {days}, which CloudWatch Logs does not offer: the nearest value is {nearest}"


def _of_table(values: Mapping[str, Any]) -> Iterator[str]:
    name = values.get("name")
    if isinstance(name, str) and not _TABLE.fullmatch(name):
        yield f"{name!r} is not a valid table name: use 3 to 255 letters, digits, dots, dashes or underscores"
    indexes = values.get("global_secondary_index") or ()
    if len(indexes) > MOST_INDEXES:
        yield f"{len(indexes)} global secondary indexes, but DynamoDB allows {MOST_INDEXES}"
    declared = {one.get("name") for one in values.get("attribute") or ()}
    keys = {values.get("hash_key"), values.get("range_key")}
    keys |= {index.get(key) for index in indexes for key in ("hash_key", "range_key")}
    if declared and (lacking := sorted(key for key in keys - declared if key)):
        yield f"a key has no type: add an attribute block for {', '.join(lacking)}"


def _outside(values: Mapping[str, Any], name: str, limits: range, unit: str) -> Iterator[str]:
    value = as_number(values.get(name))
    if value is not None and value not in limits:
        yield f"{name} is {value} {unit}, but Lambda allows {limits.start} to {limits.stop - 1}"


def as_number(value: Any) -> int | float | None:
    """Return the number that Terraform converts a value to, or None if it would not convert it."""
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except ValueError:
        return None
    return int(number) if number is not None and number.is_integer() else number
