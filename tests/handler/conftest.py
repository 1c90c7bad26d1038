import pytest

from backend.aws.client import DYNAMODB, Client
from handler.fakes import TABLE, Handler, RecordingClient, make_sessions_table, moto_dynamodb
from handler.transports import AWS_ENVIRON, MotoTransport


@pytest.fixture(scope="module")
def moto_table():
    """boto3's client of moto in this process; made once a module, for it takes longer than any test."""
    with moto_dynamodb() as client:
        yield client


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
