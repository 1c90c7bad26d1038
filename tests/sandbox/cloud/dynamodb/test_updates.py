"""Parts of an update expression work on the item as it was before."""

import pytest

from sandbox.cloud.functions import unique


@pytest.fixture(scope="module")
def update(sandbox):
    client, table = sandbox.client("dynamodb"), unique("table")
    client.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    def run(expression, **item):
        key = {"id": {"S": "1"}}
        client.put_item(TableName=table, Item={**key, **item})
        client.update_item(TableName=table, Key=key, UpdateExpression=expression)
        return client.get_item(TableName=table, Key=key)["Item"]

    return run


def texts(*words):
    return {"L": [{"S": word} for word in words]}


@pytest.mark.parametrize(
    ("expression", "left"),
    [
        ("REMOVE l[1], l[2]", ("a", "d")),
        ("REMOVE l[2], l[0]", ("b", "d")),
        ("REMOVE l[3], l[9]", ("a", "b", "c")),
        ("REMOVE zz, l[0]", ("b", "c", "d")),
    ],
)
def test_elements_are_removed_by_their_places_before_the_update(update, expression, left):
    assert update(expression, l=texts("a", "b", "c", "d"))["l"] == texts(*left)


def test_elements_of_nested_lists_are_removed_too(update):
    nested = {"L": [texts("a", "b"), texts("c")]}
    assert update("REMOVE l[0][0], l[1]", l=nested)["l"] == {"L": [texts("b")]}
