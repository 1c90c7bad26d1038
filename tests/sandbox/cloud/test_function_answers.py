"""What a client of an HTTP API gets for what a function returned, as recorded from API Gateway elsewhere."""

import httpx
import pytest

from hybridctl.sandbox.cloud.function_answers import MalformedAnswer, read_answer
from sandbox.cloud.functions import Api, package

RETURNS = """
import json
def handle(event, context):
    return json.loads(event["body"])
"""


@pytest.mark.parametrize(
    ("returned", "body"),
    [
        ("hello", "hello"),
        (b'"hello"', "hello"),
        ({"name": "x", "age": 30}, '{"name": "x", "age": 30}'),
        (b'{"name":', '{"name":'),
        (b'{"a":1}', '{"a":1}'),
        ([1, 2], "[1, 2]"),
        (42, "42"),
        (True, "true"),
        (None, "null"),
    ],
)
def test_an_answer_without_a_status_is_the_body_of_a_200(returned, body):
    assert read_answer(returned) == {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": body}


def test_an_answer_with_a_status_is_text_unless_it_says_otherwise():
    assert read_answer({"statusCode": 200, "body": "x"})["headers"] == {"content-type": "text/plain; charset=utf-8"}
    typed = read_answer({"statusCode": 200, "headers": {"Content-Type": "image/png"}})
    assert typed["headers"] == {"content-type": "image/png"}


@pytest.mark.parametrize(
    ("answer", "member"),
    [
        ({"statusCode": 200, "body": {"a": 1}}, "body"),
        ({"statusCode": 200, "body": 1}, "body"),
        ({"statusCode": 200, "body": "%%%", "isBase64Encoded": True}, "body"),
        ({"statusCode": 200.5}, "statusCode"),
        ({"statusCode": True}, "statusCode"),
        ({"statusCode": None}, "statusCode"),
        ({"statusCode": "abc"}, "statusCode"),
        ({"statusCode": 99}, "statusCode"),
        ({"statusCode": 600}, "statusCode"),
        ({"statusCode": 200, "headers": ["a"]}, "headers"),
        ({"statusCode": 200, "headers": {"a": ["1", "2"]}}, "headers"),
        ({"statusCode": 200, "headers": {"a b": "1"}}, "headers"),
        ({"statusCode": 200, "headers": {"a": "1\r\nb: 2"}}, "headers"),
        ({"statusCode": 200, "cookies": "a=1"}, "cookies"),
    ],
)
def test_an_answer_of_another_shape_is_malformed(answer, member):
    with pytest.raises(MalformedAnswer, match=f'wrong type for field "{member}"'):
        read_answer(answer)


def test_members_that_are_null_numbers_or_the_gateways_own_are_no_error():
    headers = {"x-n": 5, "x-b": True, "Content-Length": "3", "Connection": "close"}
    answer = read_answer({"statusCode": "201", "headers": headers, "cookies": None, "body": None})
    assert answer["statusCode"] == 201
    assert answer["headers"] == {"content-type": "text/plain; charset=utf-8", "x-n": "5", "x-b": "true"}
    assert read_answer({"statusCode": 200, "headers": None})["body"] == ""


def test_a_malformed_answer_is_a_500_and_the_access_log_says_why(make_function):
    function = make_function(Code={"ZipFile": package(source=RETURNS)})
    function.alias("live", function.publish())
    api = Api(function)
    url = f"{function.sandbox.endpoint}/_aws/execute-api/{api.id}/{api.STAGE}/x"
    with httpx.Client(trust_env=False, timeout=60) as client:
        typed = {"content-type": "application/json"}
        good = client.post(url, content=b'{"statusCode": 200, "headers": null, "body": "x"}', headers=typed)
        bad = client.post(url, content=b'{"statusCode": 200, "body": {"a": 1}}', headers=typed)
    assert (good.status_code, good.text, good.headers["content-type"]) == (200, "x", "text/plain; charset=utf-8")
    assert (bad.status_code, bad.json()) == (500, {"message": "Internal Server Error"})
    assert api.access_log()[-1]["error"].endswith('Lambda body contains the wrong type for field "body"')
