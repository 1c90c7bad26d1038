"""DynamoDB: consumed capacity as metrics, and indexes that follow the billing mode."""

import pytest
from botocore.exceptions import ClientError

from sandbox.cloud.functions import total, unique

KEYS = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "user", "AttributeType": "S"},
    ],
}
INDEX = {
    "IndexName": "by_user",
    "KeySchema": [{"AttributeName": "user", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
UNITS = {"ReadCapacityUnits": 7, "WriteCapacityUnits": 7}


@pytest.fixture
def dynamodb(sandbox):
    return sandbox.client("dynamodb")


@pytest.fixture
def table(dynamodb):
    name = unique("table")
    dynamodb.create_table(TableName=name, **KEYS, GlobalSecondaryIndexes=[INDEX], BillingMode="PAY_PER_REQUEST")
    return name


def test_operations_are_measured_by_table_index_and_operation(sandbox, dynamodb, table):
    item = {"id": {"S": "1"}, "user": {"S": "u"}}
    written = dynamodb.put_item(TableName=table, Item=item)
    assert "ConsumedCapacity" not in written
    dynamodb.get_item(TableName=table, Key={"id": {"S": "1"}}, ConsistentRead=True)
    index = {"TableName": table, "IndexName": "by_user", "KeyConditionExpression": "#u = :u"}
    names = {"ExpressionAttributeNames": {"#u": "user"}, "ExpressionAttributeValues": {":u": {"S": "u"}}}
    asked = dynamodb.query(**index, **names, ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"]
    assert "Table" not in asked
    of_index = {"TableName": table, "GlobalSecondaryIndexName": "by_user"}
    assert total(sandbox, "AWS/DynamoDB", "ConsumedWriteCapacityUnits", TableName=table) == 1
    assert total(sandbox, "AWS/DynamoDB", "ConsumedReadCapacityUnits", TableName=table) == 1
    assert total(sandbox, "AWS/DynamoDB", "ConsumedReadCapacityUnits", **of_index) == 0.5
    for operation in ("PutItem", "GetItem", "Query"):
        dimensions = {"TableName": table, "Operation": operation}
        assert total(sandbox, "AWS/DynamoDB", "SuccessfulRequestLatency", "SampleCount", **dimensions) == 1


def test_a_failed_condition_is_measured(sandbox, dynamodb, table):
    with pytest.raises(ClientError, match="ConditionalCheckFailedException"):
        dynamodb.delete_item(TableName=table, Key={"id": {"S": "0"}}, ConditionExpression="attribute_exists(id)")
    assert total(sandbox, "AWS/DynamoDB", "ConditionalCheckFailedRequests", TableName=table) == 1


def test_indexes_follow_the_billing_mode_both_ways(dynamodb, table):
    with pytest.raises(ClientError, match="ProvisionedThroughput must be specified for index: by_user"):
        dynamodb.update_table(TableName=table, BillingMode="PROVISIONED", ProvisionedThroughput=UNITS)
    of_index = [{"Update": {"IndexName": "by_user", "ProvisionedThroughput": UNITS}}]
    provisioned = {
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": UNITS,
        "GlobalSecondaryIndexUpdates": of_index,
    }
    dynamodb.update_table(TableName=table, **provisioned)

    def capacity():
        [index] = dynamodb.describe_table(TableName=table)["Table"]["GlobalSecondaryIndexes"]
        return index["ProvisionedThroughput"]["ReadCapacityUnits"]

    assert capacity() == 7
    dynamodb.update_table(TableName=table, BillingMode="PAY_PER_REQUEST")
    assert capacity() == 0
