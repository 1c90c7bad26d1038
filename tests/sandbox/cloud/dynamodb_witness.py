"""Requests to DynamoDB that it accepts or refuses, and what two emulators made elsewhere answer.

    python tests/sandbox/cloud/dynamodb_witness.py DYNALITE

writes dynamodb_witness.json. DYNALITE is the cli.js of `npm install dynalite`, which needs node; moto is installed.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

RECORDED = Path(__file__).with_suffix(".json")
TABLE = "witness"
Case = tuple[str, dict[str, Any]]


def S(text: str) -> dict[str, str]:
    return {"S": text}


def N(number: int) -> dict[str, str]:
    return {"N": str(number)}


KEY = {"id": S("1"), "sk": S("1")}


def update(expression: str, values: Any = None, names: Any = None) -> Case:
    return "update_item", {
        "TableName": TABLE,
        "Key": KEY,
        "UpdateExpression": expression,
        **placeholders(values, names),
    }


def condition(expression: str, values: Any = None, names: Any = None) -> Case:
    item = {**KEY, "n": N(1)}
    return "put_item", {
        "TableName": TABLE,
        "Item": item,
        "ConditionExpression": expression,
        **placeholders(values, names),
    }


def query(keys: str, values: Any, names: Any = None, **more: Any) -> Case:
    return "query", {"TableName": TABLE, "KeyConditionExpression": keys, **placeholders(values, names), **more}


def put(item: dict[str, Any]) -> Case:
    return "put_item", {"TableName": TABLE, "Item": item}


def placeholders(values: Any, names: Any) -> dict[str, Any]:
    given = {"ExpressionAttributeValues": values, "ExpressionAttributeNames": names}
    return {member: value for member, value in given.items() if value}


ONE = {":n": N(1)}
CASES: dict[str, Case] = {
    "valid update": update(
        "SET q = (n + :n), r = if_not_exists(r, :n) + :n, #x.b = :m REMOVE zz, l[3] ADD c :n DELETE d :ss",
        {":n": N(1), ":m": N(2), ":ss": {"SS": ["a"]}},
        {"#x": "m"},
    ),
    "valid condition": condition(
        "(id = :i OR NOT (n < :n)) AND size(g) > :n AND n IN (:n, :m) and n between :n and :m",
        {":i": S("1"), ":n": N(0), ":m": N(5)},
    ),
    "operands in parentheses": condition(
        "(n) = (:n) and attribute_type(m, :t) and contains(g, :g) and begins_with(g, :g)",
        {":n": N(1), ":t": S("M"), ":g": S("g")},
    ),
    "valid filter": query(
        "id = :i AND begins_with(sk, :i)", {":i": S("1")}, FilterExpression="m.a = :i OR attribute_not_exists(m.b[0])"
    ),
    "valid key condition": query(
        "(id = :i) AND (sk BETWEEN :i AND :j)", {":i": S("1"), ":j": S("2")}, ProjectionExpression="m.b[0], g"
    ),
    "valid list_append": update("SET l = list_append(if_not_exists(l, :e), :e), a_1 = a_1", {":e": {"L": []}}),
    "digits as placeholders": query("#1 = :1", {":1": S("1")}, {"#1": "id"}),
    "lower case and no spaces": update("set q=:n-:m", {":n": N(1), ":m": N(2)}),
    "overlap same": update("SET q = :n, q = :n", ONE),
    "overlap parent": update("SET m = :n, m.a = :n", ONE),
    "overlap set remove": update("SET q = :n REMOVE q", ONE),
    "overlap list": update("SET m.b[0] = :n, m.b = :n", ONE),
    "conflict path": update("SET m.b[0] = :n, m.b.x = :n", ONE),
    "update key": update("SET id = :n", {":n": S("x")}),
    "unknown fn update": update("SET q = foo(q)"),
    "unknown fn update2": update("SET q = if_not_exist(q, :n)", ONE),
    "two sections": update("SET q = :n SET r = :n", ONE),
    "unused value": update("SET q = :n", {":n": N(1), ":m": N(2)}),
    "undefined value": update("SET q = :z", ONE),
    "undefined name": update("SET #q = :n", ONE),
    "unused name": update("SET q = :n", ONE, {"#z": "z"}),
    "reserved update": update("SET name = :n", ONE),
    "reserved update2": update("REMOVE status"),
    "add string": update("ADD g :s", {":s": S("x")}),
    "add to wrong type": update("ADD m :n", ONE),
    "delete nonset": update("DELETE q :n", ONE),
    "set missing path": update("SET zz.a = :n", ONE),
    "remove missing path": update("REMOVE zz.a"),
    "remove missing element": update("REMOVE zz[0]"),
    "remove missing attribute": update("REMOVE zz, m.zz, l[7]"),
    "add to missing path": update("ADD zz.a :n", ONE),
    "name without sign": update("SET #q = :n", ONE, {"#q": "q", "q": "q"}),
    "value without sign": update("SET q = :n", {":n": N(1), "n": N(2)}),
    "plus string": update("SET q = n + :s", {":s": S("x")}),
    "syntax": update("SET q :n", ONE),
    "empty update": update(""),
    "nothing": update("FOO q = :n", ONE),
    "unknown fn": condition("foo(id)"),
    "unknown fn case": condition("Attribute_exists(id)"),
    "fn operands": condition("attribute_exists(id, n)"),
    "fn type": condition("attribute_type(id, :n)", {":n": S("ZZ")}),
    "begins number": condition("begins_with(id, :n)", ONE),
    "reserved cond": condition("name = :n", ONE),
    "reserved cond2": condition("attribute_exists(token)"),
    "same operand": condition("id = id"),
    "between order": condition("n BETWEEN :a AND :b", {":a": N(2), ":b": N(1)}),
    "between types": condition("n BETWEEN :a AND :b", {":a": N(2), ":b": S("x")}),
    "size misuse": condition("size(id)"),
    "contains same": condition("contains(id, id)"),
    "empty cond": condition(""),
    "filter on key": query("id = :i", {":i": S("1")}, FilterExpression="sk = :i"),
    "filter on key name": query("id = :i", {":i": S("1")}, {"#s": "sk"}, FilterExpression="#s = :i"),
    "filter unknown fn": query("id = :i", {":i": S("1")}, FilterExpression="foo(n)"),
    "kc missing hash": query("sk = :i", {":i": S("1")}),
    "kc not equal": query("id > :i", {":i": S("1")}),
    "kc or": query("id = :i OR sk = :i", {":i": S("1")}),
    "kc other attr": query("id = :i AND n = :i", {":i": S("1")}),
    "kc type": query("id = :i", {":i": N(1)}),
    "kc empty": query("id = :i", {":i": S("")}),
    "kc unknown fn": query("id = :i AND foo(sk, :i)", {":i": S("1")}),
    "kc size": query("id = :i AND size(sk) = :n", {":i": S("1"), ":n": N(1)}),
    "kc contains": query("id = :i AND contains(sk, :i)", {":i": S("1")}),
    "no index": query("id = :i", {":i": S("1")}, IndexName="nope"),
    "gsi consistent": query("g = :i", {":i": S("1")}, IndexName="by_g", ConsistentRead=True),
    "limit 0": query("id = :i", {":i": S("1")}, Limit=0),
    "select bad": query("id = :i", {":i": S("1")}, Select="SPECIFIC_ATTRIBUTES"),
    "esk bad": query("id = :i", {":i": S("1")}, ExclusiveStartKey={"id": S("1")}),
    "esk other hash": query("id = :i", {":i": S("1")}, ExclusiveStartKey={"id": S("2"), "sk": S("1")}),
    "hash 2049": put({"id": S("x" * 2049), "sk": S("1")}),
    "hash 2048": put({"id": S("x" * 2048), "sk": S("1")}),
    "hash 2049 utf8": put({"id": S("é" * 1025), "sk": S("1")}),
    "range 1025": put({"id": S("1"), "sk": S("x" * 1025)}),
    "range 1024": put({"id": S("1"), "sk": S("x" * 1024)}),
    "gsi 2049": put({**KEY, "g": S("x" * 2049)}),
    "gsi empty": put({**KEY, "g": S("")}),
    "gsi type": put({**KEY, "g": N(1)}),
    "gsi update 2049": update("SET g = :n", {":n": S("x" * 2049)}),
    "gsi update empty": update("SET g = :n", {":n": S("")}),
    "hash empty": put({"id": S(""), "sk": S("1")}),
    "range empty": put({"id": S("1"), "sk": S("")}),
    "missing key": put({"id": S("1")}),
    "key type": put({"id": N(1), "sk": S("1")}),
    "empty set": put({**KEY, "x": {"SS": []}}),
    "dup set": put({**KEY, "x": {"SS": ["a", "a"]}}),
    "empty str": put({**KEY, "x": S("")}),
    "bad number": put({**KEY, "x": {"N": "abc"}}),
    "big number": put({**KEY, "x": {"N": "1e126"}}),
    "39 digits": put({**KEY, "x": {"N": "1" * 39}}),
    "400 KB": put({**KEY, "x": S("x" * 410_000)}),
    "two types": put({**KEY, "x": {"S": "a", "N": "1"}}),
    "no type": put({**KEY, "x": {}}),
    "null false": put({**KEY, "x": {"NULL": False}}),
    "get extra key": ("get_item", {"TableName": TABLE, "Key": {**KEY, "z": S("1")}}),
    "get missing key": ("get_item", {"TableName": TABLE, "Key": {"id": S("1")}}),
    "get key type": ("get_item", {"TableName": TABLE, "Key": {"id": N(1), "sk": S("1")}}),
    "get empty key": ("get_item", {"TableName": TABLE, "Key": {"id": S(""), "sk": S("1")}}),
    "get 2049": ("get_item", {"TableName": TABLE, "Key": {"id": S("x" * 2049), "sk": S("1")}}),
    "get range 1025": ("get_item", {"TableName": TABLE, "Key": {"id": S("x"), "sk": S("1" * 1025)}}),
    "projection overlap": ("get_item", {"TableName": TABLE, "Key": KEY, "ProjectionExpression": "m, m.a"}),
    "projection reserved": ("get_item", {"TableName": TABLE, "Key": KEY, "ProjectionExpression": "name"}),
    "projection syntax": ("get_item", {"TableName": TABLE, "Key": KEY, "ProjectionExpression": "a b"}),
    "projection empty": ("get_item", {"TableName": TABLE, "Key": KEY, "ProjectionExpression": ""}),
    "both expr": ("get_item", {"TableName": TABLE, "Key": KEY, "ProjectionExpression": "a", "AttributesToGet": ["b"]}),
    "no table": ("get_item", {"TableName": "nope", "Key": KEY}),
    "batch 101": (
        "batch_get_item",
        {"RequestItems": {TABLE: {"Keys": [{"id": S(str(i)), "sk": S("1")} for i in range(101)]}}},
    ),
    "batch dup": ("batch_get_item", {"RequestItems": {TABLE: {"Keys": [KEY, KEY]}}}),
    "batch empty": ("batch_get_item", {"RequestItems": {}}),
    "batch empty keys": ("batch_get_item", {"RequestItems": {TABLE: {"Keys": []}}}),
    "batch key type": ("batch_get_item", {"RequestItems": {TABLE: {"Keys": [{"id": N(1), "sk": S("1")}]}}}),
    "batch key 2049": ("batch_get_item", {"RequestItems": {TABLE: {"Keys": [{"id": S("x" * 2049), "sk": S("1")}]}}}),
    "write 26": (
        "batch_write_item",
        {"RequestItems": {TABLE: [{"DeleteRequest": {"Key": {"id": S(str(i)), "sk": S("1")}}} for i in range(26)]}},
    ),
    "write dup": (
        "batch_write_item",
        {"RequestItems": {TABLE: [{"DeleteRequest": {"Key": KEY}}, {"DeleteRequest": {"Key": KEY}}]}},
    ),
    "write big": (
        "batch_write_item",
        {"RequestItems": {TABLE: [{"PutRequest": {"Item": {**KEY, "x": S("x" * 410000)}}}]}},
    ),
    "write gsi empty": ("batch_write_item", {"RequestItems": {TABLE: [{"PutRequest": {"Item": {**KEY, "g": S("")}}}]}}),
    "write gsi 2049": (
        "batch_write_item",
        {"RequestItems": {TABLE: [{"PutRequest": {"Item": {**KEY, "g": S("x" * 2049)}}}]}},
    ),
    "tx dup": (
        "transact_write_items",
        {"TransactItems": [{"Delete": {"TableName": TABLE, "Key": KEY}}, {"Put": {"TableName": TABLE, "Item": KEY}}]},
    ),
    "tx 101": (
        "transact_write_items",
        {
            "TransactItems": [
                {"Delete": {"TableName": TABLE, "Key": {"id": S(str(i)), "sk": S("1")}}} for i in range(101)
            ]
        },
    ),
    "tx two actions": (
        "transact_write_items",
        {"TransactItems": [{"Put": {"TableName": TABLE, "Item": KEY}, "Delete": {"TableName": TABLE, "Key": KEY}}]},
    ),
    "tx unknown fn": (
        "transact_write_items",
        {"TransactItems": [{"ConditionCheck": {"TableName": TABLE, "Key": KEY, "ConditionExpression": "foo(id)"}}]},
    ),
    "tx overlap": (
        "transact_write_items",
        {
            "TransactItems": [
                {
                    "Update": {
                        "TableName": TABLE,
                        "Key": KEY,
                        "UpdateExpression": "SET q = :n, q = :n",
                        "ExpressionAttributeValues": ONE,
                    }
                }
            ]
        },
    ),
    "tx gsi 2049": (
        "transact_write_items",
        {"TransactItems": [{"Put": {"TableName": TABLE, "Item": {**KEY, "g": S("x" * 2049)}}}]},
    ),
    "tx hash 2049": (
        "transact_write_items",
        {"TransactItems": [{"Put": {"TableName": TABLE, "Item": {"id": S("x" * 2049), "sk": S("1")}}}]},
    ),
    "delete unknown fn": ("delete_item", {"TableName": TABLE, "Key": KEY, "ConditionExpression": "foo(id)"}),
    "scan unknown fn": ("scan", {"TableName": TABLE, "FilterExpression": "foo(id)"}),
    "scan reserved": ("scan", {"TableName": TABLE, "FilterExpression": "name = :n", "ExpressionAttributeValues": ONE}),
    "scan segment": ("scan", {"TableName": TABLE, "Segment": 2, "TotalSegments": 2}),
    "scan segment alone": ("scan", {"TableName": TABLE, "Segment": 0}),
    "rv bad": ("put_item", {"TableName": TABLE, "Item": KEY, "ReturnValues": "ALL_NEW"}),
    "expr 4097": update("SET " + ", ".join(f"a{i}{'x' * 200} = :n" for i in range(25)), ONE),
    "create dup attr": (
        "create_table",
        {
            "TableName": "u-1",
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [
                {"AttributeName": "id", "AttributeType": "S"},
                {"AttributeName": "x", "AttributeType": "S"},
            ],
        },
    ),
    "create no throughput": (
        "create_table",
        {
            "TableName": "u-2",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        },
    ),
    "create name 2": (
        "create_table",
        {
            "TableName": "u",
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        },
    ),
    "create exists": (
        "create_table",
        {
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        },
    ),
    "ttl on": (
        "update_time_to_live",
        {"TableName": TABLE, "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "e"}},
    ),
    "ttl again": (
        "update_time_to_live",
        {"TableName": TABLE, "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "e"}},
    ),
    "ttl other": (
        "update_time_to_live",
        {"TableName": TABLE, "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "f"}},
    ),
    "ttl off": (
        "update_time_to_live",
        {"TableName": TABLE, "TimeToLiveSpecification": {"Enabled": False, "AttributeName": "e"}},
    ),
    "ttl off again": (
        "update_time_to_live",
        {"TableName": TABLE, "TimeToLiveSpecification": {"Enabled": False, "AttributeName": "e"}},
    ),
    "update nothing": ("update_table", {"TableName": TABLE}),
    "billing 1": (
        "update_table",
        {
            "TableName": TABLE,
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
            "GlobalSecondaryIndexUpdates": [
                {
                    "Update": {
                        "IndexName": "by_g",
                        "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
                    }
                }
            ],
        },
    ),
    "billing same": (
        "update_table",
        {"TableName": TABLE, "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}},
    ),
    "billing 2": ("update_table", {"TableName": TABLE, "BillingMode": "PAY_PER_REQUEST"}),
    "billing 3": (
        "update_table",
        {
            "TableName": TABLE,
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
            "GlobalSecondaryIndexUpdates": [
                {
                    "Update": {
                        "IndexName": "by_g",
                        "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
                    }
                }
            ],
        },
    ),
    "billing 4": ("update_table", {"TableName": TABLE, "BillingMode": "PAY_PER_REQUEST"}),
    "delete index missing": (
        "update_table",
        {"TableName": TABLE, "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "zz"}}]},
    ),
}


def make_table(client: Any) -> None:
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "sk", "g")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_g",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    client.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    nested = {"M": {"a": N(1), "b": {"L": [N(1)]}}}
    client.put_item(TableName=TABLE, Item={**KEY, "g": S("g"), "n": N(1), "l": {"L": []}, "m": nested})


def answers(client: Any) -> dict[str, str]:
    """Send every case in order, and return "ok", or code and message of the refusal."""
    make_table(client)
    return {name: _answer(client, *case) for name, case in CASES.items()}


def _answer(client: Any, operation: str, arguments: dict[str, Any]) -> str:
    try:
        getattr(client, operation)(**arguments)
    except ClientError as error:
        return f"{error.response['Error']['Code']}: {error.response['Error'].get('Message', '')[:400]}"
    except Exception as error:  # moto fails in ways of its own
        return f"failed: {type(error).__name__}"
    return "ok"


def client_of(endpoint: str | None, key: tuple[str, str] = ("any", "any"), region: str = "us-east-1") -> Any:
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False, proxies={})
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=key[0],
        aws_secret_access_key=key[1],
        config=config,
    )


@contextmanager
def dynalite(program: str) -> Iterator[Any]:
    """A client of a running dynalite."""
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    at_once = [word for name in ("create", "update", "delete") for word in (f"--{name}TableMs", "10")]
    process = subprocess.Popen(["node", program, "--port", str(port), *at_once], stdout=subprocess.DEVNULL)
    client = client_of(f"http://127.0.0.1:{port}")
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                client.list_tables()
                break
            except Exception:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        yield client
    finally:
        process.terminate()
        process.wait(10)


def moto_answers() -> dict[str, str]:
    from moto import mock_aws

    with mock_aws():
        return answers(client_of(None))


def main(program: str) -> None:
    with dynalite(program) as client:
        first, second = answers(client), moto_answers()
    recorded = {name: {"dynalite": first[name], "moto": second[name]} for name in CASES}
    RECORDED.write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
