"""Keys, capacities and indexes of a DynamoDB table, between Terraform's words and AWS's. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from hybridctl.sandbox.provider.values import Values

Request = dict[str, Any]
KINDS = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
LAYOUT = ("hash_key", "range_key", "projection_type", "non_key_attributes")


def keys(owner: Values) -> list[dict[str, str]]:
    found = [{"AttributeName": owner["hash_key"], "KeyType": "HASH"}]
    if owner["range_key"]:
        found.append({"AttributeName": owner["range_key"], "KeyType": "RANGE"})
    return found


def definitions(table: Values) -> list[dict[str, str]]:
    return [{"AttributeName": entry["name"], "AttributeType": entry["type"]} for entry in table["attribute"]]


def throughput(owner: Values) -> dict[str, int]:
    return {"ReadCapacityUnits": owner["read_capacity"] or 1, "WriteCapacityUnits": owner["write_capacity"] or 1}


def create_request(index: Values, *, provisioned: bool) -> Request:
    """A global index as CreateTable and UpdateTable take it."""
    request: Request = {"IndexName": index["name"], "KeySchema": keys(index), "Projection": _projection(index)}
    return request | ({"ProvisionedThroughput": throughput(index)} if provisioned else {})


def local(table: Values, index: Values) -> Request:
    owner = {"hash_key": table["hash_key"], "range_key": index["range_key"]}
    return {"IndexName": index["name"], "KeySchema": keys(owner), "Projection": _projection(index)}


def _projection(index: Values) -> Request:
    extra = {"NonKeyAttributes": sorted(index["non_key_attributes"])} if index["non_key_attributes"] else {}
    return {"ProjectionType": index["projection_type"], **extra}


def updates(prior: Values, planned: Values, *, provisioned: bool) -> Iterator[Request]:
    """The UpdateTable calls that lead from `prior` to `planned`, in order: AWS makes or drops one index a call.

    A switch of the billing mode carries the capacities of the table and of every index that stays.
    """
    before = {index["name"]: index for index in prior["global_secondary_index"]}
    after = {index["name"]: index for index in planned["global_secondary_index"]}
    kept = [name for name in after if name in before and _layout(before[name]) == _layout(after[name])]
    switched = prior["billing_mode"] != planned["billing_mode"]
    for name in before:
        if name not in kept:
            yield {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]}
    request: Request = {}
    if switched or (provisioned and throughput(prior) != throughput(planned)):
        request["BillingMode"] = planned["billing_mode"]
        request |= {"ProvisionedThroughput": throughput(planned)} if provisioned else {}
    resized = [name for name in kept if provisioned and (switched or _is_resized(before[name], after[name]))]
    if resized:
        request["GlobalSecondaryIndexUpdates"] = [
            {"Update": {"IndexName": name, "ProvisionedThroughput": throughput(after[name])}} for name in resized
        ]
    if request:
        yield request
    for name, index in after.items():
        if name not in kept:
            create = {"Create": create_request(index, provisioned=provisioned)}
            yield {"AttributeDefinitions": definitions(planned), "GlobalSecondaryIndexUpdates": [create]}


def _layout(index: Values) -> list[Any]:
    return [sorted(index[name] or []) if name == "non_key_attributes" else index[name] or None for name in LAYOUT]


def _is_resized(before: Values, after: Values) -> bool:
    return throughput(before) != throughput(after)


def flatten(owner: Mapping[str, Any]) -> Request:
    """Return a table or an index as DescribeTable has it, with its keys, capacities and projection at the top."""
    keys = {entry["KeyType"]: entry["AttributeName"] for entry in owner["KeySchema"]}
    indexes = {kind: [flatten(index) for index in owner.get(kind) or ()] for kind in KINDS}
    capacity = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0, **owner.get("ProvisionedThroughput", {})}
    return {
        **owner,
        **capacity,
        **owner.get("Projection", {}),
        **indexes,
        "HashKey": keys["HASH"],
        "RangeKey": keys.get("RANGE"),
    }
