import pytest

from backend.aws.client import DYNAMODB, Client
from handler.fakes import Handler, RecordingClient, empty_sessions_table, make_sessions_table, moto_dynamodb
from handler.transports import AWS_ENVIRON, MotoTransport


@pytest.fixture(scope="module")
def moto_table():
    """boto3's client of moto in this process, and a table; made once a module, for it takes longer than any test."""
    with moto_dynamodb() as client:
        make_sessions_table(client)
        yield client


@pytest.fixture
def dynamodb(moto_table):
    """An empty sessions table, by the handler's client, which records what is asked of it."""
    client = Client(DYNAMODB, AWS_ENVIRON, transport=MotoTransport("dynamodb"))
    yield RecordingClient(client, moto_table)
    empty_sessions_table(moto_table)


@pytest.fixture
def handler(dynamodb):
    return Handler(dynamodb)
