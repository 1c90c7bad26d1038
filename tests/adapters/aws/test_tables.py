"""Tables as moto describes them: indexes, capacity, protection, status and TTL."""

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from adapters.aws.test_http_apis import KEYS
from hybridctl.adapters.aws.tables import DynamoTables
from hybridctl.domain.table import ON_DEMAND, PROVISIONED

KEY = [{"AttributeName": "id", "KeyType": "HASH"}]
ATTRIBUTES = [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "user")]
INDEX = {
    "IndexName": "by_user",
    "KeySchema": [{"AttributeName": "user", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}


@mock_aws
def test_a_table_is_reported_with_its_indexes_its_capacity_and_what_protects_it():
    client = boto3.client("dynamodb", **KEYS)
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 7}
    client.create_table(
        TableName="t",
        KeySchema=KEY,
        AttributeDefinitions=ATTRIBUTES,
        ProvisionedThroughput=units,
        GlobalSecondaryIndexes=[INDEX | {"ProvisionedThroughput": {"ReadCapacityUnits": 2, "WriteCapacityUnits": 3}}],
        DeletionProtectionEnabled=True,
    )
    client.update_continuous_backups(
        TableName="t", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    found = DynamoTables(lambda: client).table("t")
    assert found is not None
    assert (found.billing, found.protected, found.recovery) == (PROVISIONED, True, True)
    assert [(part.index, part.read, part.write, part.projection) for part in found.parts] == [
        (None, 5, 7, "ALL"),
        ("by_user", 2, 3, "KEYS_ONLY"),
    ]


@mock_aws
def test_a_table_on_demand_and_one_that_is_not_there():
    client = boto3.client("dynamodb", **KEYS)
    client.create_table(
        TableName="t", KeySchema=KEY, AttributeDefinitions=ATTRIBUTES[:1], BillingMode="PAY_PER_REQUEST"
    )
    found = DynamoTables(lambda: client).table("t")
    assert found is not None
    assert (found.billing, found.protected, found.recovery) == (ON_DEMAND, False, False)
    assert DynamoTables(lambda: client).table("u") is None


@mock_aws
def test_a_table_reports_its_status_billing_and_ttl():
    aws = boto3.client("dynamodb", **KEYS)
    key = {"AttributeName": "id", "KeyType": "HASH"}
    kind = {"AttributeName": "id", "AttributeType": "S"}
    aws.create_table(TableName="t", KeySchema=[key], AttributeDefinitions=[kind], BillingMode="PAY_PER_REQUEST")
    tables = DynamoTables(lambda: aws)
    found = tables.settings("t", expires=True)
    assert found is not None
    assert (found.status, found.billing, found.expires_by) == ("ACTIVE", "PAY_PER_REQUEST", None)
    aws.update_time_to_live(TableName="t", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"})
    found = tables.settings("t", expires=True)
    assert found is not None
    assert found.expires_by == "expires_at"
    assert tables.settings("none") is None


@pytest.mark.parametrize(
    ("status", "unusable"),
    [("ACTIVE", {}), ("UPDATING", {}), ("CREATING", {"by_user": "CREATING"}), ("DELETING", {"by_user": "DELETING"})],
)
def test_an_index_that_cannot_be_read_is_reported(status, unusable):
    client = boto3.client("dynamodb", **KEYS)
    table = {
        "TableStatus": "UPDATING",
        "GlobalSecondaryIndexes": [{"IndexName": "by_user", "IndexStatus": status, "Backfilling": True}],
    }
    with Stubber(client) as stub:
        stub.add_response("describe_table", {"Table": table}, {"TableName": "t"})
        found = DynamoTables(lambda: client).settings("t")
    assert found is not None
    assert dict(found.unusable) == unusable
