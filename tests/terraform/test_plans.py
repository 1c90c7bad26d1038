"""What the real provider makes of the HCL: in place or again, and which value reaches which resource."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from terraform.conftest import TERRAFORM

FOLDERS = (
    "modules/function",
    "modules/http_api",
    "modules/observability",
    "modules/table",
    "environments/local",
    "environments/staging",
    "environments/production",
)

TABLE = """
  name       = "project-sessions-test"
  hash_key   = "session_id"
  attributes = { session_id = "S", user_id = "S" }
  indexes    = { by_user = { hash_key = "user_id" } }
"""

FUNCTION = """
  name               = "project-test"
  role_name          = "project-function-test"
  package            = "main.tf"
  memory_size        = 1024
  log_group_arn      = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/project-test"
  log_retention_days = 7
"""


def permissions_of_the_roots(folder: Path, *, table: str, verifies_tokens: bool = False) -> str:
    """The argument `permissions` as the roots give it to the module; what it refers to is written into `folder`."""
    folder.mkdir(exist_ok=True)
    values = {
        "arn": {"ssm": "arn:aws:ssm:us-east-1:000000000000"},
        "oauth_parameter": "/project/test/oauth",
        "session_arn": f"arn:aws:dynamodb:us-east-1:000000000000:table/{table}",
        "table": {"sessions": {"indexes": {"by_user": {}}}},
        "verifies_tokens": verifies_tokens,
    }
    (folder / "values.tf.json").write_text(json.dumps({"locals": values}), encoding="utf-8")
    root = (TERRAFORM / "environments" / "shared" / "main.tf").read_text(encoding="utf-8")
    found = re.search(r"^  permissions = merge\(\n.*?^  \)\n", root, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[0]


def _table(mode: str, capacity: int) -> dict[str, Any]:
    return {
        "type": "aws_dynamodb_table",
        "name": "this",
        "schema_version": 1,
        "attributes": {
            "id": "project-sessions-test",
            "arn": "arn:aws:dynamodb:us-east-1:000000000000:table/project-sessions-test",
            "name": "project-sessions-test",
            "billing_mode": mode,
            "hash_key": "session_id",
            "read_capacity": capacity,
            "write_capacity": capacity,
            "attribute": [{"name": "session_id", "type": "S"}, {"name": "user_id", "type": "S"}],
            "deletion_protection_enabled": False,
            "table_class": "STANDARD",
            "stream_enabled": False,
            "tags": {},
            "tags_all": {},
            "point_in_time_recovery": [{"enabled": False, "recovery_period_in_days": 0}],
            "server_side_encryption": [{"enabled": True, "kms_key_arn": "arn:aws:kms:us-east-1:000000000000:key/1"}],
            "ttl": [{"attribute_name": "", "enabled": False}],
            "local_secondary_index": [],
            "replica": [],
            "on_demand_throughput": [],
            "global_secondary_index": [
                {
                    "name": "by_user",
                    "hash_key": "user_id",
                    "range_key": "",
                    "projection_type": "ALL",
                    "non_key_attributes": [],
                    "read_capacity": capacity,
                    "write_capacity": capacity,
                    "on_demand_throughput": [],
                }
            ],
        },
    }


def _alias() -> dict[str, Any]:
    return {
        "type": "aws_lambda_alias",
        "name": "live",
        "attributes": {
            "id": "arn:aws:lambda:us-east-1:000000000000:function:project-test:live",
            "arn": "arn:aws:lambda:us-east-1:000000000000:function:project-test:live",
            "name": "live",
            "description": "Takes the traffic; moved by releases and rollbacks, not by Terraform.",
            "function_name": "project-test",
            "function_version": "2",
            "routing_config": [{"additional_version_weights": {"3": 0.1}}],
        },
    }


def _function() -> dict[str, Any]:
    return {
        "type": "aws_lambda_function",
        "name": "this",
        "attributes": {
            "id": "project-test",
            "arn": "arn:aws:lambda:us-east-1:000000000000:function:project-test",
            "function_name": "project-test",
            "architectures": ["arm64"],
            "handler": "backend.entry.handle",
            "runtime": "python3.13",
            "filename": "main.tf",
            "memory_size": 512,
            "package_type": "Zip",
            "publish": True,
            "role": "arn:aws:iam::000000000000:role/project-function-test",
            "source_code_hash": "old",
            "version": "3",
        },
    }


def _sort(actions: str | list[str]) -> list[str]:
    return sorted([actions] if isinstance(actions, str) else actions)


def _production(engine: Any, copy: Path) -> dict[str, Any]:
    """What production's own test plans, by address: its values, and the provider's schema without its opinion."""
    folder = copy / "environments" / "production"
    engine.init(folder)
    events = engine.run(folder, "test", "-json", "-verbose", "-filter=tests/values.tftest.hcl").stdout.splitlines()
    plan = next(event["test_plan"] for event in map(json.loads, events) if event["type"] == "test_plan")
    return {change["address"]: change["change"]["after"] for change in plan["resource_changes"]}


@pytest.mark.parametrize("folder", FOLDERS)
def test_it_is_valid_and_its_own_tests_pass(engine: Any, copy: Path, folder: str) -> None:
    engine.init(copy / folder)
    engine.run(copy / folder, "validate", "-no-color")
    engine.test(copy / folder, refusals=folder not in ("environments/local", "environments/staging"))


def test_a_table_becomes_provisioned_in_place(engine: Any, tmp_path: Path) -> None:
    changes = engine.plan(
        tmp_path,
        module="table",
        arguments=f'{TABLE}\n billing_mode = "PROVISIONED"\n read_capacity = 20\n write_capacity = 20',
        state=[_table("PAY_PER_REQUEST", 0)],
    )
    table = changes["aws_dynamodb_table.this"]
    assert table["actions"] == ["update"]
    assert (table["after"]["billing_mode"], table["after"]["read_capacity"]) == ("PROVISIONED", 20)
    assert [index["write_capacity"] for index in table["after"]["global_secondary_index"]] == [20]


def test_a_table_becomes_on_demand_in_place(engine: Any, tmp_path: Path) -> None:
    changes = engine.plan(
        tmp_path,
        module="table",
        arguments=f'{TABLE}\n billing_mode = "PAY_PER_REQUEST"',
        state=[_table("PROVISIONED", 20)],
    )
    assert changes["aws_dynamodb_table.this"]["actions"] == ["update"]


def test_what_autoscaling_raised_is_left_alone_once_it_is_known(engine: Any, tmp_path: Path) -> None:
    changes = engine.plan(
        tmp_path,
        module="table",
        arguments=f"""{TABLE}
          billing_mode    = "PROVISIONED"
          read_capacity   = 20
          write_capacity  = 20
          scaled_capacity = {{ table = {{ read = 60, write = 60 }}, by_user = {{ read = 60, write = 60 }} }}
        """,
        state=[_table("PROVISIONED", 60)],
    )
    assert changes["aws_dynamodb_table.this"]["actions"] == ["no-op"]


def test_an_apply_moves_neither_the_alias_nor_its_weights(engine: Any, tmp_path: Path) -> None:
    changes = engine.plan(tmp_path, module="function", arguments=FUNCTION, state=[_function(), _alias()])
    assert changes["aws_lambda_function.this"]["actions"] == ["update"]
    assert "version" in changes["aws_lambda_function.this"]["after_unknown"]
    assert changes["aws_lambda_alias.live"]["actions"] == ["no-op"]


def test_the_role_is_given_exactly_what_the_code_calls_and_the_plan_shows_it(engine: Any, tmp_path: Path) -> None:
    permissions = permissions_of_the_roots(tmp_path, table="project-sessions-test")
    changes = engine.plan(tmp_path, module="function", arguments=FUNCTION + permissions, state=[])
    statements = json.loads(changes["aws_iam_role_policy.this"]["after"]["policy"])["Statement"]
    table = "arn:aws:dynamodb:us-east-1:000000000000:table/project-sessions-test"
    granted = {statement["Sid"]: (_sort(statement["Action"]), statement["Resource"]) for statement in statements}
    assert granted == {
        "Log": (
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/project-test:log-stream:*",
        ),
        "KeepSessions": (
            [
                "dynamodb:BatchGetItem",
                "dynamodb:BatchWriteItem",
                "dynamodb:DeleteItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
            ],
            table,
        ),
        "ListSessions": (["dynamodb:Query"], f"{table}/index/by_user"),
    }


def test_the_values_of_production_reach_the_resources(engine: Any, copy: Path) -> None:
    planned = _production(engine, copy)

    function = planned["module.function.aws_lambda_function.this"]
    assert (function["memory_size"], function["reserved_concurrent_executions"]) == (1024, 100)
    warm = planned["module.function.aws_lambda_provisioned_concurrency_config.live[0]"]
    assert (warm["provisioned_concurrent_executions"], warm["qualifier"]) == (2, "live")
    variables = function["environment"][0]["variables"]
    assert (variables["TOKEN_VERIFICATION"], variables["SESSIONS_USER_INDEX"]) == ("provider", "by_user")

    for thing in ("sessions", "jobs", "agents"):
        table = planned[f'module.table["{thing}"].aws_dynamodb_table.this']
        assert table["billing_mode"] == "PROVISIONED"
        assert table["deletion_protection_enabled"] is True
        assert table["point_in_time_recovery"][0]["enabled"] is True
        assert planned[f'module.table["{thing}"].aws_appautoscaling_target.this["table/read"]']["min_capacity"] == 20

    assert planned["module.function.aws_cloudwatch_log_group.this"]["retention_in_days"] == 30
    assert planned["module.http_api.aws_cloudwatch_log_group.access"]["retention_in_days"] == 30
    routes = {after["route_key"] for address, after in planned.items() if "aws_apigatewayv2_route" in address}
    assert routes == {
        "GET /health",
        "POST /auth/session",
        "POST /auth/validate",
        "GET /auth/sessions",
        "DELETE /auth/session",
        "DELETE /auth/sessions",
        "$default",
    }
