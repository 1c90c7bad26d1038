"""The sessions table in moto, as fixtures: import `aws` and `table` where a test uses them."""

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from handler.fakes import TABLE, make_sessions_table
from hybridctl.adapters.aws.sessions import DynamoSessions


@pytest.fixture(scope="module")
def aws():
    """A client of DynamoDB that moto answers in this process; made once a module, for it takes longer than any test."""
    with pytest.MonkeyPatch.context() as environ:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environ.setenv(name, "test")
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE"):
            environ.delenv(name, raising=False)
        with mock_aws():
            # The validation of parameters is most of the time of 10 000 sessions; the contract is tested with it.
            yield boto3.client("dynamodb", region_name="us-east-1", config=Config(parameter_validation=False))


@pytest.fixture
def table(aws):
    """An empty sessions table, by its client."""
    make_sessions_table(aws)
    yield aws
    aws.delete_table(TableName=TABLE)


def dynamo_sessions(dynamodb, function=None):
    return DynamoSessions(lambda: dynamodb, lambda: function, table=TABLE, function="f", alias="live")
