"""HTTP APIs: what the function gets, what the client gets, what is logged and measured."""

from hybridctl.sandbox.cloud.throttle import StageThrottle
from sandbox.cloud.functions import Api, total


def test_a_named_stage_stands_in_front_of_the_path(api):
    event = api.request("/health").json()["event"]
    assert event["rawPath"] == "/staging/health"
    assert event["requestContext"]["http"]["path"] == "/staging/health"
    assert event["requestContext"]["stage"] == "staging"
    assert event["routeKey"] == event["requestContext"]["routeKey"] == "GET /health"


def test_signs_of_json_in_a_request_leave_its_access_line_json(api):
    api.request("/a%22b%5Cc%0Ad")
    assert api.access_log()[-1]["path"].endswith('/a"b\\c\nd')


def test_answer_event_and_access_log_name_one_request(api):
    answer = api.request("/health")
    event = answer.json()["event"]
    [line] = api.access_log()
    assert answer.headers["apigw-requestid"] == event["requestContext"]["requestId"] == line["id"]
    assert line == {
        "id": line["id"],
        "route": "GET /health",
        "status": 200,
        "path": "/staging/health",
        "function": answer.json()["request_id"],
        "error": "-",
        "unset": "-",
    }


def test_a_preflight_is_answered_from_the_configuration(api):
    answer = api.request("/health", "OPTIONS", Origin="https://app.example", Access_Control_Request_Method="POST")
    assert answer.status_code == 204
    assert {name: value for name, value in answer.headers.items() if name.startswith("access-control")} == {
        "access-control-allow-origin": "https://app.example",
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "GET,POST",
        "access-control-allow-headers": "authorization",
        "access-control-max-age": "300",
    }


def test_an_origin_that_is_not_allowed_is_not_served(api):
    preflight = api.request("/health", "OPTIONS", Origin="https://evil.example", Access_Control_Request_Method="POST")
    plain = api.request("/health", Origin="https://evil.example")
    assert (preflight.status_code, plain.status_code) == (403, 403)
    assert not [name for answer in (preflight, plain) for name in answer.headers if name.startswith("access-control")]


def test_a_function_that_fails_is_a_500_without_details(api):
    answer = api.request("/raise")
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})
    assert api.access_log()[-1]["error"] == "asked to"


def test_requests_are_measured_by_api_and_by_stage(sandbox, api):
    for path in ("/health", "/health?status=404", "/raise"):
        api.request(path)
    for dimensions in ({"ApiId": api.id}, {"ApiId": api.id, "Stage": Api.STAGE}):
        assert total(sandbox, "AWS/ApiGateway", "Count", **dimensions) == 3
        assert total(sandbox, "AWS/ApiGateway", "4xx", **dimensions) == 1
        assert total(sandbox, "AWS/ApiGateway", "5xx", **dimensions) == 1
        assert total(sandbox, "AWS/ApiGateway", "Latency", "SampleCount", **dimensions) == 3
        assert total(sandbox, "AWS/ApiGateway", "IntegrationLatency", "SampleCount", **dimensions) == 3


def test_an_http_request_is_counted_once_as_an_invocation(sandbox, api):
    api.request("/health")
    assert total(sandbox, "AWS/Lambda", "Invocations", FunctionName=api.function.name) == 1


def test_a_stage_whose_limit_is_zero_refuses_everything(api):
    limits = {"ThrottlingBurstLimit": 0, "ThrottlingRateLimit": 0.0}
    api.client.update_stage(ApiId=api.id, StageName=Api.STAGE, DefaultRouteSettings=limits)
    answer = api.request("/health")
    assert (answer.status_code, answer.json()) == (429, {"message": "Too Many Requests"})


def test_a_route_with_limits_of_its_own_is_refused_alone(api):
    limits = {"GET /health": {"ThrottlingBurstLimit": 0, "ThrottlingRateLimit": 0.0}}
    api.client.update_stage(ApiId=api.id, StageName=Api.STAGE, RouteSettings=limits)
    assert [api.request(path).status_code for path in ("/health", "/other")] == [429, 200]


def test_a_bucket_empties_by_bursts_and_fills_by_time():
    now = [100.0]
    throttle = StageThrottle(lambda: now[0])
    limits = {"throttlingBurstLimit": 2, "throttlingRateLimit": 1.0}
    stage = ("a", "s")
    admitted = [throttle.admits(stage, limits) for _ in range(3)]
    now[0] += 1
    assert [*admitted, throttle.admits(stage, limits), throttle.admits(stage, limits)] == [
        True,
        True,
        False,
        True,
        False,
    ]
    assert throttle.admits(stage, {})
