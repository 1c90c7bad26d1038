"""What AWS refuses is refused, with AWS's code and status."""

import pytest
from botocore.exceptions import ClientError

from hybridctl.domain.impossible_values import RESERVED_NAMES
from hybridctl.sandbox.cloud.lambda_refusals import RESERVED
from sandbox.cloud.functions import TRUST, Function, package, unique


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def release_twice(function):
    """Two versions, and an alias on the first."""
    function.publish()
    function.update("two")
    function.publish()
    function.alias("live", "1")
    return function


@pytest.fixture
def released(function):
    return release_twice(function)


@pytest.fixture(scope="module")
def unchanged(sandbox):
    """The same, for the tests of which every call is refused."""
    return release_twice(Function(sandbox))


@pytest.mark.parametrize(
    ("version", "weights", "expected"),
    [
        ("1", {"2": 1.5}, ("ValidationException", 400)),
        ("99", {}, ("ResourceNotFoundException", 404)),
        ("1", {"99": 0.1}, ("ResourceNotFoundException", 404)),
        ("$LATEST", {"2": 0.1}, ("InvalidParameterValueException", 400)),
        ("1", {"1": 0.1}, ("InvalidParameterValueException", 400)),
        ("1", {"2": 0.1, "3": 0.1}, ("InvalidParameterValueException", 400)),
    ],
)
def test_an_alias_that_lambda_would_refuse(unchanged, version, weights, expected):
    arguments = {
        "FunctionName": unchanged.name,
        "FunctionVersion": version,
        "RoutingConfig": {"AdditionalVersionWeights": weights},
    }
    assert refusal(unchanged.client.create_alias, Name="new", **arguments) == expected
    assert refusal(unchanged.client.update_alias, Name="live", **arguments) == expected


def test_a_revision_that_has_moved_on(unchanged):
    client, name = unchanged.client, unchanged.name
    stale = {"FunctionName": name, "RevisionId": "00000000-0000-0000-0000-000000000000"}
    moved = ("PreconditionFailedException", 412)
    assert refusal(client.update_alias, Name="live", FunctionVersion="2", **stale) == moved
    assert refusal(client.publish_version, **stale) == moved
    assert refusal(client.update_function_code, ZipFile=b"x", **stale) == moved
    assert refusal(client.update_function_configuration, Timeout=5, **stale) == moved


def test_a_revision_that_was_read_is_accepted_once(released):
    client, name = released.client, released.name
    revision = client.get_alias(FunctionName=name, Name="live")["RevisionId"]
    move = {"FunctionName": name, "Name": "live", "FunctionVersion": "2", "RevisionId": revision}
    assert client.update_alias(**move)["FunctionVersion"] == "2"
    assert refusal(client.update_alias, **move) == ("PreconditionFailedException", 412)


def test_another_code_than_the_one_that_was_meant(unchanged):
    expected = ("InvalidParameterValueException", 400)
    assert refusal(unchanged.client.publish_version, FunctionName=unchanged.name, CodeSha256="AAAA") == expected


def test_a_version_that_an_alias_uses_stays(released):
    delete, name = released.client.delete_function, released.name
    assert refusal(delete, FunctionName=name, Qualifier="1") == ("ResourceConflictException", 409)
    delete(FunctionName=name, Qualifier="2")


def test_a_hundred_executions_stay_unreserved(unchanged):
    put, name = unchanged.client.put_function_concurrency, unchanged.name
    assert refusal(put, FunctionName=name, ReservedConcurrentExecutions=901) == ("InvalidParameterValueException", 400)


def test_provisioned_concurrency_is_for_published_versions_and_within_the_reserved(released):
    client, name = released.client, released.name
    put = client.put_provisioned_concurrency_config
    refused = ("InvalidParameterValueException", 400)
    client.create_alias(FunctionName=name, Name="latest", FunctionVersion="$LATEST")
    assert refusal(put, FunctionName=name, Qualifier="latest", ProvisionedConcurrentExecutions=1) == refused
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)
    assert refusal(put, FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=3) == refused
    client.delete_function_concurrency(FunctionName=name)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"MemorySize": 10_241}, "ValidationException"),
        ({"Timeout": 901}, "ValidationException"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException"),
        ({"Environment": {"Variables": {"LAMBDA_TASK_ROOT": "x"}}}, "InvalidParameterValueException"),
        ({"Environment": {"Variables": {"BIG": "x" * 4096}}}, "InvalidParameterValueException"),
    ],
)
def test_a_configuration_beyond_the_limits(unchanged, settings, code):
    update = unchanged.client.update_function_configuration
    assert refusal(update, FunctionName=unchanged.name, **settings) == (code, 400)


def test_the_reserved_names_are_those_that_a_plan_is_checked_against():
    assert RESERVED == RESERVED_NAMES
    assert "AWS_LAMBDA_EXEC_WRAPPER" not in RESERVED


@pytest.mark.parametrize("kind", ["RequestResponse", "Event", "DryRun"])
@pytest.mark.parametrize("payload", [b"{'a': 1}", b"eyJhIjogMX0=", b'"\xff"', b"NaN"])
def test_a_payload_that_is_not_valid_json(unchanged, kind, payload):
    expected = ("InvalidRequestContentException", 400)
    call = {"FunctionName": unchanged.name, "InvocationType": kind, "Payload": payload}
    assert refusal(unchanged.client.invoke, **call) == expected


def test_the_unpublished_version_goes_with_its_function_only(unchanged):
    delete = {"FunctionName": unchanged.name, "Qualifier": "$LATEST"}
    assert refusal(unchanged.client.delete_function, **delete) == ("InvalidParameterValueException", 400)
    assert unchanged.client.get_function(FunctionName=unchanged.name)["Configuration"]["Version"] == "$LATEST"


def test_a_role_that_does_not_trust_lambda(unchanged, sandbox):
    other = TRUST.replace("lambda.", "edgelambda.")
    role = sandbox.client("iam").create_role(RoleName=unique("role"), AssumeRolePolicyDocument=other)["Role"]["Arn"]
    refused = ("InvalidParameterValueException", 400)
    assert refusal(unchanged.client.update_function_configuration, FunctionName=unchanged.name, Role=role) == refused
    create = {"Runtime": "python3.13", "Handler": "a.b", "Code": {"ZipFile": package()}, "Role": role}
    assert refusal(unchanged.client.create_function, FunctionName=unique(), **create) == refused


@pytest.mark.parametrize(
    ("kind", "limit", "message"),
    [
        ("RequestResponse", 6_291_456, "Request must be smaller than 6291456 bytes for the InvokeFunction operation"),
        ("Event", 1_048_576, "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)"),
    ],
)
def test_a_payload_beyond_the_limit_of_its_kind(unchanged, kind, limit, message):
    with pytest.raises(ClientError) as caught:
        unchanged.client.invoke(FunctionName=unchanged.name, InvocationType=kind, Payload=f'"{"x" * (limit - 1)}"')
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("RequestEntityTooLargeException", message)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_the_environment_is_measured_as_utf8_without_spaces(unchanged):
    update = unchanged.client.update_function_configuration
    fits = {"AA": "é" * 1000, "BB": "x" * (4096 - len('{"AA":"","BB":""}') - 2000)}
    update(FunctionName=unchanged.name, Environment={"Variables": fits})
    unchanged.wait()
    over = {"Variables": {**fits, "BB": f"{fits['BB']}x"}}
    assert refusal(update, FunctionName=unchanged.name, Environment=over) == ("InvalidParameterValueException", 400)
    update(FunctionName=unchanged.name, Environment={"Variables": {}})
    unchanged.wait()


def test_a_protected_table_is_not_deleted(sandbox):
    dynamodb = sandbox.client("dynamodb")
    dynamodb.create_table(
        TableName="protected",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        DeletionProtectionEnabled=True,
    )
    assert refusal(dynamodb.delete_table, TableName="protected") == ("ValidationException", 400)
