import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from handler.fakes import TABLE, Handler, RecordingClient, make_sessions_table


@pytest.fixture(scope="module")
def moto_client():
    """A client whose calls moto answers in this process; made once a module, for it takes longer than any test."""
    with pytest.MonkeyPatch.context() as environ:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environ.setenv(name, "test")
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE"):
            environ.delenv(name, raising=False)
        with mock_aws():
            yield boto3.client("dynamodb", region_name="us-east-1", config=Config(parameter_validation=False))


@pytest.fixture
def dynamodb(moto_client):
    """An empty sessions table, by a client that records what is asked of it."""
    make_sessions_table(moto_client)
    yield RecordingClient(moto_client)
    moto_client.delete_table(TableName=TABLE)


@pytest.fixture
def handler(dynamodb):
    return Handler(dynamodb)
