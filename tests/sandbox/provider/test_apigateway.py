"""aws_apigatewayv2_api, _integration, _route and _stage, by the real engine against the sandbox."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.provider.workspace import Workspace, with_ours

API, STAGE = "aws_apigatewayv2_api.this", "aws_apigatewayv2_stage.this"
INTEGRATION, ROUTE = "aws_apigatewayv2_integration.this", "aws_apigatewayv2_route.this"
FUNCTION = (
    "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f"
)


def block(kind: str, *lines: str) -> str:
    body = "\n  ".join(lines)
    return f'resource "aws_apigatewayv2_{kind}" "this" {{\n  {body}\n}}\n'


def api(name: str, *lines: str) -> str:
    return block("api", f'name = "{name}"', 'protocol_type = "HTTP"', *lines)


def cors(*origins: str) -> str:
    allowed = ", ".join(f'"{origin}"' for origin in origins)
    return f'cors_configuration {{\n    allow_origins = [{allowed}]\n    allow_headers = ["Content-Type"]\n  }}'


def integration(*lines: str, of: str = "f", version: str = "2.0") -> str:
    return block(
        "integration",
        "api_id = aws_apigatewayv2_api.this.id",
        'integration_type = "AWS_PROXY"',
        f'integration_uri = "{FUNCTION[:-1]}{of}/invocations"',
        f'payload_format_version = "{version}"',
        *lines,
    )


def route(key: str, *lines: str) -> str:
    target = 'target = "integrations/${aws_apigatewayv2_integration.this.id}"'
    return block("route", "api_id = aws_apigatewayv2_api.this.id", f'route_key = "{key}"', target, *lines)


def stage(name: str, *lines: str) -> str:
    return block("stage", "api_id = aws_apigatewayv2_api.this.id", f'name = "{name}"', *lines)


def limits(burst: int) -> str:
    return f"default_route_settings {{\n    throttling_burst_limit = {burst}\n    throttling_rate_limit = 10\n  }}"


def whole(name: str, *, origins: tuple[str, ...] = ("https://a.example",), key: str = "GET /a", burst: int = 5) -> str:
    log = 'access_log_settings {\n    destination_arn = "arn:aws:logs:us-east-1:000000000000:log-group:a"\n'
    log += '    format = "$context.requestId"\n  }'
    return (
        api(name, cors(*origins))
        + integration()
        + route(key)
        + stage("local", "auto_deploy = true", limits(burst), log)
    )


@pytest.fixture
def workspace(tmp_path: Path, sandbox: Any) -> Workspace:
    return with_ours(tmp_path, sandbox)


def test_an_api_and_its_parts_are_made_changed_in_place_and_removed(workspace: Workspace, sandbox: Any) -> None:
    gateway = sandbox.client("apigatewayv2")
    state = workspace.write(whole("a-life")).apply()
    identity = state[API]["id"]
    assert state[API]["execution_arn"] == f"arn:aws:execute-api:us-east-1:000000000000:{identity}"
    assert state[STAGE]["invoke_url"] == f"https://{identity}.execute-api.us-east-1.amazonaws.com/local"
    assert workspace.actions() == {}
    workspace.write(whole("a-life", origins=("https://a.example", "https://b.example"), key="GET /b", burst=7))
    assert workspace.actions() == {API: ["update"], ROUTE: ["update"], STAGE: ["update"]}
    workspace.apply()
    assert workspace.actions() == {}
    allowed = gateway.get_api(ApiId=identity)["CorsConfiguration"]["AllowOrigins"]
    assert sorted(allowed) == ["https://a.example", "https://b.example"]
    assert [entry["RouteKey"] for entry in gateway.get_routes(ApiId=identity)["Items"]] == ["GET /b"]
    settings = gateway.get_stage(ApiId=identity, StageName="local")["DefaultRouteSettings"]
    assert settings["ThrottlingBurstLimit"] == 7
    workspace.destroy()
    assert identity not in {entry["ApiId"] for entry in gateway.get_apis()["Items"]}


def test_cors_that_leaves_the_hcl_is_switched_off(workspace: Workspace, sandbox: Any) -> None:
    identity = workspace.write(api("a-cors", cors("*"))).apply()[API]["id"]
    workspace.write(api("a-cors")).apply()
    assert not sandbox.client("apigatewayv2").get_api(ApiId=identity).get("CorsConfiguration")
    assert workspace.actions() == {}


def test_an_endpoint_that_was_disabled_by_hand_is_enabled_again(workspace: Workspace, sandbox: Any) -> None:
    gateway = sandbox.client("apigatewayv2")
    identity = workspace.write(api("an-endpoint")).apply()[API]["id"]
    gateway.update_api(ApiId=identity, DisableExecuteApiEndpoint=True)
    assert workspace.actions() == {API: ["update"]}
    workspace.apply()
    assert gateway.get_api(ApiId=identity)["DisableExecuteApiEndpoint"] is False
    assert workspace.actions() == {}


def test_the_case_of_a_cors_header_is_not_a_difference(workspace: Workspace) -> None:
    workspace.write(api("a-case", cors("*"))).apply()
    workspace.write(api("a-case", cors("*").replace("Content-Type", "content-type")))
    assert workspace.actions() == {}


def test_tags_change_without_touching_anything_else(workspace: Workspace, sandbox: Any) -> None:
    auto = "auto_deploy = true"
    tagged = [f'tags = {{ {key} = "1" }}' for key in ("A", "B")]
    workspace.write(api("a-tags", tagged[0]) + stage("s", auto, tagged[0])).apply()
    workspace.write(api("a-tags", tagged[1]) + stage("s", auto, tagged[1]))
    state = workspace.apply()
    for address in (API, STAGE):
        found = sandbox.client("apigatewayv2").get_tags(ResourceArn=state[address]["arn"])["Tags"]
        assert found == state[address]["tags_all"] == {"B": "1"}
    assert workspace.actions() == {}


def test_settings_of_a_stage_that_leave_the_hcl_stay_as_the_real_provider_leaves_them(workspace: Workspace) -> None:
    workspace.write(api("a-stay") + stage("s", "auto_deploy = true", limits(9))).apply()
    workspace.write(api("a-stay") + stage("s", "auto_deploy = true"))
    assert workspace.actions() == {}


def test_what_was_deleted_outside_is_planned_again(workspace: Workspace, sandbox: Any) -> None:
    gateway = sandbox.client("apigatewayv2")
    state = workspace.write(whole("a-gone")).apply()
    gateway.delete_route(ApiId=state[API]["id"], RouteId=state[ROUTE]["id"])
    gateway.delete_stage(ApiId=state[API]["id"], StageName="local")
    assert workspace.actions() == {ROUTE: ["create"], STAGE: ["create"]}
    gateway.delete_api(ApiId=state[API]["id"])
    assert workspace.actions() == {key: ["create"] for key in (API, INTEGRATION, ROUTE, STAGE)}


def test_a_stage_with_another_name_is_another_stage(workspace: Workspace) -> None:
    workspace.write(api("a-stage") + stage("old", "auto_deploy = true")).apply()
    plan = workspace.write(api("a-stage") + stage("$default", "auto_deploy = true")).plan()
    assert workspace.actions(plan) == {STAGE: ["delete", "create"]}
    workspace.apply()
    assert workspace.state()[STAGE]["invoke_url"].endswith(".amazonaws.com/")


def test_existing_ones_are_imported_without_a_difference(workspace: Workspace, sandbox: Any) -> None:
    state = workspace.write(whole("a-import")).apply()
    of = state[API]["id"]
    imports = {API: of, ROUTE: f"{of}/{state[ROUTE]['id']}", STAGE: f"{of}/local"}
    imports[INTEGRATION] = f"{of}/{state[INTEGRATION]['id']}"
    for address, identity in imports.items():
        workspace.run("state", "rm", address)
        workspace.run("import", "-no-color", address, identity)
    assert workspace.actions() == {}
    workspace.run("state", "rm", ROUTE)
    message = workspace.refusal("import", ROUTE, "no-slash")
    assert "wrong format of import ID (no-slash), use: 'api-id/route-id'" in message


@pytest.mark.parametrize(
    ("hcl", "expected"),
    [
        (block("api", 'name = "n"', 'protocol_type = "WEBSOCKET"'), 'does not implement protocol_type "WEBSOCKET"'),
        (api("n", 'target = "x"'), "does not implement target of aws_apigatewayv2_api"),
        (api("n", "fail_on_warnings = true"), "does not implement fail_on_warnings"),
        (api("n") + integration(version="1.0"), 'does not implement payload_format_version "1.0"'),
        (api("n") + integration("timeout_milliseconds = 5000"), 'does not implement timeout_milliseconds "5000"'),
        (
            api("n") + integration() + route("GET /", 'authorization_type = "JWT"'),
            'does not implement authorization_type "JWT"',
        ),
        (api("n") + stage("s"), "does not implement auto_deploy = false"),
        (
            api("n") + stage("s", "auto_deploy = true", 'route_settings {\n    route_key = "GET /"\n  }'),
            "does not implement route_settings of aws_apigatewayv2_stage",
        ),
    ],
)
def test_what_is_not_carried_out_is_refused_by_name(workspace: Workspace, hcl: str, expected: str) -> None:
    assert expected in workspace.write(hcl).refusal()


def test_a_default_that_is_not_carried_out_is_refused_as_well(workspace: Workspace) -> None:
    silent = integration().replace('payload_format_version = "2.0"', "")
    message = workspace.write(api("n") + silent).refusal()
    assert 'does not implement payload_format_version "1.0", the default, of' in message
