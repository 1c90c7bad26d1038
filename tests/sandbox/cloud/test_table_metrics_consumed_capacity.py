"""Consumed capacity of every data operation, held to DynamoDB's published rules."""

import pytest

from hybridctl.sandbox.cloud.table_metrics import READS, WRITES
from sandbox.cloud.functions import total, unique


@pytest.fixture(scope="module")
def table(sandbox):
    name = unique("table")
    client = sandbox.client("dynamodb")
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for number in range(3):
        client.put_item(TableName=name, Item=_item(number, 100))
    client.put_item(TableName=name, Item=_item("large", 5000))
    return client, name


def _item(number, size):
    return {"id": {"S": str(number)}, "text": {"S": "x" * size}}


def _key(number):
    return {"id": {"S": str(number)}}


# Operation, arguments, units: amazondynamodb/latest/developerguide/read-write-operations.html
CASES = [
    ("GetItem", lambda t: {"TableName": t, "Key": _key(1)}, 0.5),
    ("GetItem", lambda t: {"TableName": t, "Key": _key("large"), "ConsistentRead": True}, 2),
    ("BatchGetItem", lambda t: {"RequestItems": {t: {"Keys": [_key(1), _key(2)], "ConsistentRead": True}}}, 2),
    ("BatchGetItem", lambda t: {"RequestItems": {t: {"Keys": [_key(1), _key("none")]}}}, 1),
    ("BatchGetItem", lambda t: {"RequestItems": {t: {"Keys": [_key("large")], "ConsistentRead": True}}}, 2),
    (
        "BatchGetItem",
        lambda t: {
            "RequestItems": {t: {"Keys": [_key("large")], "ConsistentRead": True, "ProjectionExpression": "id"}}
        },
        2,
    ),
    (
        "Query",
        lambda t: {
            "TableName": t,
            "KeyConditionExpression": "id = :id",
            "ExpressionAttributeValues": {":id": {"S": "1"}},
        },
        0.5,
    ),
    ("Scan", lambda t: {"TableName": t, "ConsistentRead": True}, 2),
    (
        "Scan",
        lambda t: {
            "TableName": t,
            "FilterExpression": "#id = :id",
            "ProjectionExpression": "#id",
            "ExpressionAttributeNames": {"#id": "id"},
            "ExpressionAttributeValues": {":id": {"S": "none"}},
        },
        1,
    ),
    ("TransactGetItems", lambda t: {"TransactItems": [{"Get": {"TableName": t, "Key": _key(1)}}]}, 2),
    ("PutItem", lambda t: {"TableName": t, "Item": _item(2, 1500)}, 2),
    (
        "UpdateItem",
        lambda t: {
            "TableName": t,
            "Key": _key(1),
            "UpdateExpression": "SET n = :n",
            "ExpressionAttributeValues": {":n": {"N": "1"}},
        },
        1,
    ),
    ("DeleteItem", lambda t: {"TableName": t, "Key": _key("none")}, 1),
    ("BatchWriteItem", lambda t: {"RequestItems": {t: [{"PutRequest": {"Item": _item("new", 10)}}]}}, 1),
    ("TransactWriteItems", lambda t: {"TransactItems": [{"Put": {"TableName": t, "Item": _item("newer", 10)}}]}, 2),
]


def test_every_data_operation_has_a_case():
    assert {operation for operation, _, _ in CASES} == READS | WRITES


@pytest.mark.parametrize(("operation", "arguments", "units"), CASES)
def test_an_operation_consumes_what_dynamodb_charges(sandbox, table, operation, arguments, units):
    from botocore import xform_name

    client, name = table
    metric = "ConsumedReadCapacityUnits" if operation in READS else "ConsumedWriteCapacityUnits"
    before = total(sandbox, "AWS/DynamoDB", metric, TableName=name) or 0
    answer = getattr(client, xform_name(operation))(**arguments(name), ReturnConsumedCapacity="TOTAL")
    capacity = answer["ConsumedCapacity"]
    assert sum(each["CapacityUnits"] for each in (capacity if isinstance(capacity, list) else [capacity])) == units
    assert total(sandbox, "AWS/DynamoDB", metric, TableName=name) - before == units
