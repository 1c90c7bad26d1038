"""What violates a service's model is refused as on AWS."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.model import Shape, ShapeResolver

from hybridctl.sandbox.cloud.constraints import describe_violations
from hybridctl.sandbox.cloud.emulator import ServiceRequest
from hybridctl.sandbox.cloud.model_requests import find_operation, read_request
from sandbox.cloud.functions import TRUST, package

ALARM = {
    "AlarmName": "a",
    "MetricName": "Errors",
    "Namespace": "AWS/Lambda",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
}
FUNCTION = {
    "FunctionName": "invalid",
    "Runtime": "python3.13",
    "Handler": "backend.entry.handle",
    "Role": "arn:aws:iam::000000000000:role/r",
    "Code": {"ZipFile": package()},
}
ROLE = {"RoleName": "invalid", "AssumeRolePolicyDocument": TRUST}
ADD = {
    "FunctionName": "f",
    "StatementId": "api",
    "Action": "lambda:InvokeFunction",
    "Principal": "apigateway.amazonaws.com",
}
CASES: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("lambda", "create_function", {**FUNCTION, "FunctionName": "a b"}, "ValidationException", "pattern"),
    ("lambda", "create_function", {**FUNCTION, "FunctionName": "a" * 65}, "ValidationException", "equal to 64"),
    ("lambda", "create_function", {**FUNCTION, "Runtime": "python9.9"}, "ValidationException", "enum value set"),
    ("lambda", "create_function", {**FUNCTION, "Description": "x" * 257}, "ValidationException", "equal to 256"),
    (
        "lambda",
        "create_function",
        {**FUNCTION, "Environment": {"Variables": {"A": "1"}}},
        "ValidationException",
        "'environment.variables.key'",
    ),
    ("lambda", "create_function", {**FUNCTION, "Tags": {"Team": "a, b"}}, "ValidationException", "'tags.Team.member'"),
    (
        "lambda",
        "create_alias",
        {"FunctionName": "f", "Name": "12", "FunctionVersion": "1"},
        "ValidationException",
        "'name'",
    ),
    ("lambda", "add_permission", {**ADD, "StatementId": "a.b"}, "ValidationException", "'statementId'"),
    ("lambda", "add_permission", {**ADD, "Action": "InvokeFunction"}, "ValidationException", "'action'"),
    ("lambda", "invoke", {"FunctionName": "f", "InvocationType": "Later"}, "ValidationException", "'invocationType'"),
    ("logs", "create_log_group", {"logGroupName": "a b"}, "InvalidParameterException", "'logGroupName'"),
    ("cloudwatch", "put_metric_alarm", {**ALARM, "Statistic": "Median"}, "ValidationError", "'statistic'"),
    ("cloudwatch", "put_metric_alarm", {**ALARM, "AlarmActions": ["x"] * 6}, "ValidationError", "'alarmActions'"),
    ("apigatewayv2", "create_api", {"Name": "a" * 129, "ProtocolType": "HTTP"}, "BadRequestException", "'name'"),
    ("apigatewayv2", "create_api", {"Name": "a", "ProtocolType": "FTP"}, "BadRequestException", "'protocolType'"),
    (
        "apigatewayv2",
        "create_integration",
        {"ApiId": "a", "IntegrationType": "AWS_PROXY", "TimeoutInMillis": 30_001},
        "BadRequestException",
        "'timeoutInMillis'",
    ),
    ("iam", "create_role", {**ROLE, "RoleName": "a b"}, "ValidationError", "'roleName'"),
    ("iam", "create_role", {**ROLE, "Description": "reads \u2013 and writes"}, "ValidationError", "'description'"),
    (
        "iam",
        "create_role",
        {**ROLE, "Tags": [{"Key": "Team", "Value": "a & b"}]},
        "ValidationError",
        "'tags.1.member.value'",
    ),
    ("events", "put_rule", {"Name": "a b", "ScheduleExpression": "rate(1 hour)"}, "ValidationException", "'name'"),
]


@pytest.mark.parametrize(("service", "operation", "arguments", "code", "message"), CASES)
def test_a_request_that_violates_the_model_is_refused(sandbox, service, operation, arguments, code, message):
    client = sandbox.client(service)
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] == code
    assert message in error["Message"]


def shape(**facts: Any) -> Shape:
    return ShapeResolver({"Given": facts, "Text": {"type": "string", "min": 2}}).get_shape_by_name("Given")


def test_each_violation_is_named_with_its_place():
    structure = shape(type="structure", required=["First"], members={"First": {"shape": "Text"}})
    assert describe_violations(structure, {"First": "ab"}) == ""
    assert describe_violations(structure, {"First": "a"}) == (
        "1 validation error detected: Value 'a' at 'first' failed to satisfy constraint: "
        "Member must have length greater than or equal to 2"
    )
    assert describe_violations(structure, {}) == (
        "1 validation error detected: Value null at 'first' failed to satisfy constraint: Member must not be null"
    )


def test_a_pattern_that_python_cannot_read_is_not_checked():
    given = {"type": "string", "pattern": r"[\p{Print}]+"}
    resolver = ShapeResolver({"Given": {"type": "structure", "members": {"A": {"shape": "B"}}}, "B": given})
    assert describe_violations(resolver.get_shape_by_name("Given"), {"A": "\n"}) == ""


def test_a_request_is_read_by_the_names_of_the_model():
    request = ServiceRequest("POST", "/v2/apis", {"content-type": "application/json"}, b'{"name":"a"}', {})
    found = read_request("apigatewayv2", request)
    assert found is not None
    assert (found.operation.name, found.members["Name"], found.members["CorsConfiguration"]) == ("CreateApi", "a", None)
    path = "/2015-03-31/functions/f/aliases/live"
    assert find_operation("lambda", "PUT", path) == ("UpdateAlias", {"FunctionName": "f", "Name": "live"})
    assert find_operation("lambda", "PUT", "/elsewhere") is None
