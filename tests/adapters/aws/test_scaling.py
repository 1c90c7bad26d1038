"""TableScaling on moto's Application Auto Scaling and DynamoDB."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from hybridctl.adapters.aws.scaling import TableScaling
from hybridctl.domain.capacity import Scaled, capacity_variable

KEYS = {"region_name": "us-east-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}


@pytest.fixture
def scaling() -> Iterator[TableScaling]:
    with mock_aws():
        tables = boto3.client("dynamodb", **KEYS)
        targets = boto3.client("application-autoscaling", **KEYS)
        for name in ("managed", "unmanaged"):
            units = {"ReadCapacityUnits": 60, "WriteCapacityUnits": 40}
            tables.create_table(
                TableName=name,
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                ProvisionedThroughput=units,
                GlobalSecondaryIndexes=[
                    {
                        "IndexName": "by_id",
                        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "ALL"},
                        "ProvisionedThroughput": {"ReadCapacityUnits": 7, "WriteCapacityUnits": 5},
                    }
                ],
            )
        targets.register_scalable_target(
            ServiceNamespace="dynamodb",
            ResourceId="table/managed",
            ScalableDimension="dynamodb:table:ReadCapacityUnits",
            MinCapacity=20,
            MaxCapacity=200,
        )
        yield TableScaling(lambda: targets, lambda: tables)


def test_only_tables_that_autoscaling_manages_are_reported(scaling):
    found = scaling.list_scaled(["managed", "unmanaged"])
    assert found == [Scaled("managed", "table", 60, 40), Scaled("managed", "by_id", 7, 5)]
    assert scaling.list_scaled(["unmanaged"]) == []


def test_nothing_scaled_is_no_variable():
    assert capacity_variable([], {}) == {}
