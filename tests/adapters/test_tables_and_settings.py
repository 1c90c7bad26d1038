"""DescribeTable and its kin on moto, Lambda's settings on a Stubber, and the values of an environment's HCL."""

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from hybridctl.adapters.aws.function_settings import LambdaSettings
from hybridctl.adapters.aws.tables import DynamoTables
from hybridctl.adapters.checkout import GitCheckout
from hybridctl.domain.function import ONE_CPU_MB, AccountLimits, Function
from hybridctl.domain.table import ON_DEMAND, PROVISIONED
from hybridctl.errors import AwsRefused, NotFound

KEYS = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
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


@pytest.fixture
def lambda_():
    client = boto3.client("lambda", **KEYS)
    with Stubber(client) as stubber:
        yield LambdaSettings(lambda: client, name="f", alias="live"), stubber
        stubber.assert_no_pending_responses()


def test_the_live_functions_settings_are_put_together(lambda_):
    settings, stubber = lambda_
    raw = {
        "MemorySize": 1024,
        "Architectures": ["arm64"],
        "Timeout": 10,
        "CodeSize": 24_700,
        "Runtime": "python3.13",
        "Environment": {"Variables": {"CORS_ORIGINS": "[]"}},
    }
    stubber.add_response("get_function_configuration", raw, {"FunctionName": "f", "Qualifier": "live"})
    stubber.add_response("get_function_concurrency", {"ReservedConcurrentExecutions": 100}, {"FunctionName": "f"})
    assert settings.function() == Function(1024, "arm64", 10, 24_700, "python3.13", 100, {"CORS_ORIGINS": "[]"})


def test_a_function_without_reservations_has_none(lambda_):
    settings, stubber = lambda_
    stubber.add_response("get_function_configuration", {"MemorySize": 128, "Timeout": 3, "CodeSize": 1})
    stubber.add_response("get_function_concurrency", {})
    found = settings.function()
    assert found is not None
    assert (found.architecture, found.reserved) == ("x86_64", None)
    assert found.share_of_cpu == pytest.approx(128 / ONE_CPU_MB)


def test_no_such_function_is_none_and_a_refusal_names_the_permission(lambda_):
    settings, stubber = lambda_
    stubber.add_client_error("get_function_configuration", "ResourceNotFoundException")
    assert settings.function() is None
    stubber.add_client_error("get_function_configuration", "AccessDeniedException")
    with pytest.raises(AwsRefused, match="lambda:GetFunctionConfiguration"):
        settings.function()


def test_the_accounts_limits(lambda_):
    settings, stubber = lambda_
    limit = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 900, "TotalCodeSize": 10}
    stubber.add_response("get_account_settings", {"AccountLimit": limit, "AccountUsage": {"TotalCodeSize": 4}})
    assert settings.limits() == AccountLimits(1000, 900, 10, 4)


def test_the_values_of_an_environment_are_its_tfvars_and_what_was_saved(tmp_path):
    root = tmp_path / "staging"
    root.mkdir()
    (root / "terraform.tfvars").write_text(
        "# a comment\nlambda_memory_size = 512 # MB\n"
        'cors_origins           = ["http://localhost:3000"]\nenvironment = "staging"\nodd = upper("x")\n'
    )
    checkout = GitCheckout(tmp_path, tmp_path, tmp_path, {})
    assert checkout.values("staging") == {
        "lambda_memory_size": 512,
        "cors_origins": ["http://localhost:3000"],
        "environment": "staging",
    }
    checkout.save_variables("staging", {"lambda_memory_size": "1024"})
    assert checkout.values("staging")["lambda_memory_size"] == 1024
    with pytest.raises(NotFound):
        checkout.values("production")
