"""What an HTTP API refuses or answers by itself, and the event that it sends."""

import json

import httpx
import pytest

from sandbox.cloud.functions import Api, package

SLOW = """
import json, time
def handle(event, context):
    time.sleep(float((event.get("queryStringParameters") or {}).get("sleep", 0)))
    if event["rawPath"].endswith("/odd"):
        return {"statusCode": "abc"}
    return {"statusCode": 200, "body": json.dumps(event)}
"""


@pytest.fixture
def slow_api(make_function):
    function = make_function(Code={"ZipFile": package(source=SLOW)}, Timeout=10)
    function.alias("live", function.publish())
    return Api(function)


def test_an_api_without_permission_never_reaches_the_function(api):
    function = api.function
    function.client.remove_permission(FunctionName=function.name, Qualifier="live", StatementId="api")
    answer = api.request("/health")
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})
    assert "doesn't have permissions to call the integration" in api.access_log()[-1]["error"]
    assert "START" not in " ".join(each["message"] for each in _log(function))


def test_a_function_that_is_gone_is_a_500(slow_api):
    slow_api.function.client.delete_function(FunctionName=slow_api.function.name)
    answer = slow_api.request("/health")
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})


def test_an_api_whose_own_endpoint_is_disabled_answers_404(slow_api):
    slow_api.client.update_api(ApiId=slow_api.id, DisableExecuteApiEndpoint=True)
    answer = slow_api.request("/health")
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})
    slow_api.client.update_api(ApiId=slow_api.id, DisableExecuteApiEndpoint=False)
    assert slow_api.request("/health").status_code == 200


@pytest.mark.parametrize(
    ("source", "status"), [("/*", 200), ("/staging/GET/health", 200), ("/staging/*/*", 200), ("/other/*", 500)]
)
def test_a_permission_holds_for_the_stage_and_route_that_it_names(api, source, status):
    function = api.function
    function.client.remove_permission(FunctionName=function.name, Qualifier="live", StatementId="api")
    function.client.add_permission(
        FunctionName=function.name,
        Qualifier="live",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:{function.sandbox.region}:{function.sandbox.account}:{api.id}{source}",
    )
    assert api.request("/health").status_code == status


def test_an_integration_that_takes_too_long_is_a_503(slow_api):
    [integration] = slow_api.client.get_integrations(ApiId=slow_api.id)["Items"]
    which = {"ApiId": slow_api.id, "IntegrationId": integration["IntegrationId"]}
    slow_api.client.update_integration(**which, TimeoutInMillis=300)
    answer = slow_api.request("/health?sleep=2")
    assert (answer.status_code, answer.json()) == (503, {"message": "Service Unavailable"})
    slow_api.client.update_integration(**which, TimeoutInMillis=30_000)  # a new environment starts in any time
    assert slow_api.request("/health").status_code == 200


def test_an_invalid_status_is_a_500_without_details(slow_api):
    answer = slow_api.request("/odd")
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})


def test_a_request_beyond_the_quotas_is_refused_before_the_function(api):
    long = api.request(f"/health?q={'x' * 10_300}")
    assert (long.status_code, long.json()) == (431, {"message": "Request Header Fields Too Large"})
    url = f"{api.function.sandbox.endpoint}/_aws/execute-api/{api.id}/{api.STAGE}/health"
    large = httpx.post(url, content=b"x" * (10 * 1024 * 1024 + 1), trust_env=False, timeout=60)
    assert (large.status_code, large.json()) == (413, {"message": "Request Entity Too Large"})
    assert _log(api.function) == []


def test_the_event_carries_cookies_and_the_forwarded_headers(slow_api):
    event = slow_api.request("/health", cookie="a=1; b=2").json()
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]
    assert {"x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id"} <= set(event["headers"])


def test_a_client_cannot_forge_where_it_comes_from(slow_api):
    claims = {"x_forwarded_for": "198.51.100.9", "x_forwarded_proto": "http", "x_forwarded_port": "80"}
    event = slow_api.request("/health", **claims).json()
    assert event["requestContext"]["http"]["sourceIp"] == "127.0.0.1"
    forwarded = [event["headers"][f"x-forwarded-{name}"] for name in ("for", "proto", "port")]
    assert forwarded == ["198.51.100.9, 127.0.0.1", "https", "443"]


def test_text_of_a_client_cannot_break_the_access_log(api):
    api.request('/a"b\\c')
    assert api.access_log()[-1]["path"] == '/staging/a"b\\c'


def test_a_deleted_log_group_stays_deleted_when_the_role_may_not_make_it(function):
    function.invoke()
    role = function.client.get_function_configuration(FunctionName=function.name)["Role"].rpartition("/")[2]
    function.sandbox.client("iam").delete_role_policy(RoleName=role, PolicyName="logs")
    logs = function.sandbox.client("logs")
    logs.delete_log_group(logGroupName=function.group)
    assert function.invoke()["StatusCode"] == 200
    assert logs.describe_log_groups(logGroupNamePrefix=function.group)["logGroups"] == []
    allowed = {"Effect": "Allow", "Action": ["logs:CreateLogGroup"], "Resource": "arn:aws:logs:*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    function.sandbox.client("iam").put_role_policy(RoleName=role, PolicyName="logs", PolicyDocument=document)
    function.invoke()
    assert logs.describe_log_groups(logGroupNamePrefix=function.group)["logGroups"] != []


def _log(function):
    try:
        return function.log()
    except function.sandbox.client("logs").exceptions.ResourceNotFoundException:
        return []
