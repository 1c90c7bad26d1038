import boto3
import pytest
from moto import mock_aws

from backend.aws.client import DYNAMODB, Client
from handler.fakes import TABLE, Handler, RecordingClient, make_sessions_table
from handler.transports import AWS_ENVIRON, REGION, MotoTransport


@pytest.fixture(scope="module")
def moto_table():
    """boto3's client of moto in this process; made once a module, for it takes longer than any test."""
    with pytest.MonkeyPatch.context() as environ:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environ.setenv(name, "test")
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE"):
            environ.delenv(name, raising=False)
        with mock_aws():
            yield boto3.client("dynamodb", region_name=REGION)


@pytest.fixture
def dynamodb(moto_table):
    """An empty sessions table, by the handler's client, which records what is asked of it."""
    make_sessions_table(moto_table)
    client = Client(DYNAMODB, AWS_ENVIRON, transport=MotoTransport("dynamodb"))
    yield RecordingClient(client, moto_table)
    moto_table.delete_table(TableName=TABLE)


@pytest.fixture
def handler(dynamodb):
    return Handler(dynamodb)
