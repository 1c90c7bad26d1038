"""`python bench/same_calls.py releases`: the calls that a command of hybridctl makes to AWS, by a bare boto3 script.

It makes one call after the other, as most people would write it, judges nothing and prints what comes back. The
environment says where AWS is. It imports nothing of hybridctl.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import boto3

FUNCTION = "hybrid-ci-cd-local"
STATE = "hybrid-ci-cd-local/terraform.tfstate"
RECORDS = "releases/local/"
NEWEST = 3  # releases that hybridctl reads too


def releases() -> Iterator[Any]:
    yield _alias()
    yield from _records()


def rollback() -> Iterator[Any]:
    yield _state()
    yield from _records()
    yield _alias()
    yield client("lambda").list_versions_by_function(FunctionName=FUNCTION)


def logs() -> Iterator[Any]:
    _state()
    group, since = f"/aws/lambda/{FUNCTION}", round((time.time() - 60) * 1000)
    yield client("logs").filter_log_events(logGroupName=group, startTime=since)


def status() -> Iterator[Any]:
    outputs = _state()["outputs"]
    yield _alias()
    yield from _records()
    functions = client("lambda")
    yield functions.list_versions_by_function(FunctionName=FUNCTION)
    yield functions.get_function_configuration(FunctionName=FUNCTION, Qualifier="live")
    yield functions.get_policy(FunctionName=FUNCTION, Qualifier="live")
    yield functions.get_function_concurrency(FunctionName=FUNCTION)
    tables = client("dynamodb")
    names = [one["value"] for name, one in outputs.items() if name.startswith("dynamodb_")]
    yield from (tables.describe_table(TableName=name) for name in names)
    yield tables.describe_time_to_live(TableName=outputs["dynamodb_sessions_table"]["value"])
    groups = client("logs")
    for name in ("lambda_log_group", "api_access_log_group"):
        yield groups.describe_log_groups(logGroupNamePrefix=outputs[name]["value"])
    apis = client("apigatewayv2")
    yield from (read(ApiId=outputs["api_id"]["value"]) for read in (apis.get_integrations, apis.get_routes))
    yield apis.get_stages(ApiId=outputs["api_id"]["value"])
    yield client("cloudwatch").describe_alarms(AlarmNames=outputs["alarm_names"]["value"])
    yield client("sns").get_topic_attributes(TopicArn=outputs["alarm_topic_arn"]["value"])


@cache
def client(service: str) -> Any:
    return boto3.client(service)  # type: ignore[call-overload]


@cache
def _bucket() -> str:
    return f"hybrid-ci-cd-tfstate-{client('sts').get_caller_identity()['Account']}-us-east-1"


def _state() -> dict[str, Any]:
    body = client("s3").get_object(Bucket=_bucket(), Key=STATE)["Body"].read()
    found: dict[str, Any] = json.loads(body)
    return found


def _alias() -> Any:
    return client("lambda").get_alias(FunctionName=FUNCTION, Name="live")


def _records() -> Iterator[Any]:
    objects = client("s3")
    listed = objects.list_objects_v2(Bucket=_bucket(), Prefix=RECORDS).get("Contents", ())
    for one in [one["Key"] for one in listed if one["Key"].endswith(".json")][-NEWEST:]:
        yield json.loads(objects.get_object(Bucket=_bucket(), Key=one)["Body"].read())


COMMANDS: dict[str, Callable[[], Iterator[Any]]] = {
    "releases": releases,
    "rollback": rollback,
    "logs": logs,
    "status": status,
}


if __name__ == "__main__":
    json.dump(list(COMMANDS[sys.argv[1]]()), sys.stdout, default=str)
