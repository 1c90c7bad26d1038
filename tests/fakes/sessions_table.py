"""The sessions table in moto, as fixtures: import `aws` and `table` where a test uses them."""

import pytest
from botocore.config import Config

from handler.fakes import TABLE, make_sessions_table, moto_dynamodb
from hybridctl.adapters.aws.sessions import DynamoSessions


@pytest.fixture(scope="module")
def aws():
    """A client of DynamoDB that moto answers in this process; made once a module, for it takes longer than any test."""
    # The validation of parameters is most of the time of 10 000 sessions; the contract is tested with it.
    with moto_dynamodb(config=Config(parameter_validation=False)) as client:
        yield client


@pytest.fixture
def table(aws):
    """An empty sessions table, by its client."""
    make_sessions_table(aws)
    yield aws
    aws.delete_table(TableName=TABLE)


def dynamo_sessions(dynamodb, function=None):
    return DynamoSessions(lambda: dynamodb, lambda: function, table=TABLE, function="f", alias="live")
