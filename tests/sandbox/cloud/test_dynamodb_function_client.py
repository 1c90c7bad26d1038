"""The client that the packaged handler has gets the same answers from the sandbox as botocore's."""

from backend.aws.client import DYNAMODB, Client
from handler.contract import Botocores, lead, make_table


def test_both_clients_get_the_same_answers_from_the_sandbox(sandbox):
    table, client = "function-client", sandbox.client("dynamodb")
    make_table(client, table)
    mine = lead(Client(DYNAMODB, sandbox.environment), table)
    make_table(client, table)
    assert mine == lead(Botocores(client), table)
    assert [answer for _, answer in mine].count("ConditionalCheckFailedException") == 2
    client.delete_table(TableName=table)
