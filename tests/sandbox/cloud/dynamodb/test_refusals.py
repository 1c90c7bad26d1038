"""What DynamoDB refuses, held to the recorded answers of two emulators made elsewhere: dynalite and moto."""

import json
import os
import shutil

import pytest

from hybridctl.sandbox.cloud.dynamodb.expressions import Checker
from hybridctl.sandbox.cloud.dynamodb.grammar import MalformedExpression
from hybridctl.sandbox.cloud.dynamodb.refusals import DAY, refuse_switch, refuse_ttl
from sandbox.cloud import dynamodb_witness as witness
from sandbox.cloud.functions import unique

RECORDED = json.loads(witness.RECORDED.read_text(encoding="utf-8"))
OTHER_WORDS = {
    # Messages of the service's newer layers, or with the value in another notation.
    *("add string", "delete nonset", "set missing path", "limit 0", "dup set", "bad number", "big number", "39 digits"),
    *("batch 101", "batch empty", "batch empty keys", "write 26", "tx 101", "rv bad", "create dup attr"),
    *("create no throughput", "create name 2", "update nothing", "billing same", "tx overlap"),
    # A key with several attributes (2025) has a newer message than the witnesses.
    *("hash 2049", "hash 2049 utf8", "gsi 2049", "get 2049", "batch key 2049", "write gsi 2049"),
    *("tx gsi 2049", "tx hash 2049"),
    # The emulator's own.
    *("kc not equal", "kc other attr", "esk other hash", "no type", "projection syntax"),
}
NO_WITNESS = {
    "gsi update 2049": "both accept it; developerguide/Constraints.html limits every partition key to 2,048 bytes",
    "tx unknown fn": "dynalite has no transactions, moto fails; outside of a transaction dynalite says the same",
    "expr 4097": "both accept it; developerguide/Constraints.html limits an expression to 4 KB",
    "ttl again": "dynalite has no TTL, moto accepts everything; APIReference/API_UpdateTimeToLive.html",
    "ttl other": "as above",
    "ttl off": "as above",
    "ttl off again": "as above",
    "delete index missing": "dynalite refuses the short name; APIReference/API_UpdateTable.html: ResourceNotFound",
    "operands in parentheses": "a known difference: the emulator takes no operand in parentheses",
}


@pytest.fixture(scope="module")
def answers(sandbox):
    key = sandbox.key.access_key_id, sandbox.key.secret_access_key
    return witness.answers(witness.client_of(sandbox.endpoint, key, sandbox.region))


def code(answer):
    return answer.partition(":")[0]


def test_every_case_is_recorded():
    assert list(RECORDED) == list(witness.CASES)


@pytest.mark.parametrize("name", witness.CASES)
def test_a_request_is_answered_as_by_an_emulator_made_elsewhere(answers, name):
    """In the same words as dynalite or moto; with the same code, or otherwise, only where that is listed."""
    answer, witnessed = answers[name], set(RECORDED[name].values())
    is_same, is_same_code = answer in witnessed, code(answer) in {code(each) for each in witnessed}
    expected = (False, True) if name in OTHER_WORDS else (False, False) if name in NO_WITNESS else (True, True)
    assert (is_same, is_same_code) == expected, (answer, witnessed)


def test_the_recorded_answers_of_moto_are_those_of_the_installed_one():
    assert witness.moto_answers() == {name: answer["moto"] for name, answer in RECORDED.items()}


def test_the_recorded_answers_of_dynalite_are_its_own():
    program = os.environ.get("DYNALITE") or shutil.which("dynalite")
    if not program:
        pytest.skip("DYNALITE does not name dynalite's cli.js (npm install dynalite)")
    with witness.dynalite(program) as client:
        assert witness.answers(client) == {name: answer["dynalite"] for name, answer in RECORDED.items()}


ON = {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
LATER = "Time to live has been modified multiple times within a fixed interval"


@pytest.mark.parametrize(
    ("before", "wanted", "at_once", "an_hour_later"),
    [
        ({}, {"Enabled": True, "AttributeName": "a"}, LATER, ""),
        ({}, {"Enabled": False, "AttributeName": "a"}, *["TimeToLive is already disabled"] * 2),
        (ON, {"Enabled": True, "AttributeName": "expires_at"}, *["TimeToLive is already enabled"] * 2),
        (ON, {"Enabled": False, "AttributeName": "expires_at"}, LATER, ""),
    ],
)
def test_ttl_changes_once_an_hour(before, wanted, at_once, an_hour_later):
    assert refuse_ttl(before, wanted, can_change=False) == at_once
    assert refuse_ttl(before, wanted, can_change=True) == an_hour_later


def test_a_table_switches_to_on_demand_four_times_in_a_day():
    times = [0.0, 1.0, 2.0, 3.0]
    assert not refuse_switch(times[:3], 10.0)
    assert "limited to 4 times in 1 day" in refuse_switch(times, 10.0)
    assert not refuse_switch(times, DAY)


def test_an_expression_nested_without_end_is_refused_and_not_a_failure(sandbox):
    client = sandbox.client("dynamodb")
    deep = "(" * 2000 + "a = :v" + ")" * 2000
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.scan(TableName="nowhere", FilterExpression=deep, ExpressionAttributeValues={":v": {"S": "x"}})
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_table_that_was_made_again_has_no_ttl_yet(sandbox):
    client, name = sandbox.client("dynamodb"), unique("table")
    for _ in range(2):
        client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        wanted = {"Enabled": True, "AttributeName": "expires_at"}
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=wanted)
        client.delete_table(TableName=name)


def test_the_fifth_switch_to_on_demand_is_refused(sandbox):
    client, name = sandbox.client("dynamodb"), unique("table")
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        ProvisionedThroughput=units,
    )
    for _ in range(4):
        client.update_table(TableName=name, BillingMode="PAY_PER_REQUEST")
        client.update_table(TableName=name, BillingMode="PROVISIONED", ProvisionedThroughput=units)
    with pytest.raises(client.exceptions.LimitExceededException, match="Update to PayPerRequest mode"):
        client.update_table(TableName=name, BillingMode="PAY_PER_REQUEST")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("size(:v) = :v", "Incorrect operand type for operator or function; operator or function: size"),
        ("attribute_exists(:v)", "Operator or function requires a document path"),
        ("size(attribute_exists(a)) = :v", "not allowed to be used this way in an expression; function: attribute_ex"),
        ("a = :v)", 'Syntax error; token: ")", near: ":v)"'),
        ("(a = :v", 'Syntax error; token: "<EOF>", near: ":v"'),
        ("a[x] = :v", 'Syntax error; token: "x", near: "[x]"'),
        ("a IN ()", 'Syntax error; token: ")", near: "()"'),
        ("NOT", 'Syntax error; token: "<EOF>", near: "NOT"'),
        ("a = :missing", "attribute value used in expression is not defined; attribute value: :missing"),
        ("#missing = :v", "name used in the document path is not defined; attribute name: #missing"),
        ("STATUS = :v", "reserved keyword: STATUS"),
        ("a.status = :v", "reserved keyword: status"),
    ],
)
def test_a_contradictory_condition(expression, expected):
    checker = Checker({"ExpressionAttributeValues": {":v": {"N": "1"}}}, {"STATUS"})
    with pytest.raises(MalformedExpression) as caught:
        checker.check("ConditionExpression", expression)
    assert str(caught.value).startswith("Invalid ConditionExpression: ")
    assert expected in str(caught.value)
