"""Metric alarms, composite alarms and dashboards, by the real engine against the sandbox."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.provider.workspace import Workspace, with_ours

ALARM, MATH = "aws_cloudwatch_metric_alarm.this", "aws_cloudwatch_metric_alarm.math"
EITHER, BOARD = "aws_cloudwatch_composite_alarm.this", "aws_cloudwatch_dashboard.this"
SUM = 'statistic = "Sum"'
P99 = 'extended_statistic = "p99"'


def alarm(name: str, *lines: str, threshold: float = 1, statistic: str = SUM) -> str:
    body = "\n  ".join(
        (
            f'alarm_name = "{name}"',
            'comparison_operator = "GreaterThanOrEqualToThreshold"',
            'namespace = "AWS/Lambda"',
            'metric_name = "Errors"',
            'dimensions = { FunctionName = "f" }',
            "period = 60",
            "evaluation_periods = 3",
            f"threshold = {threshold}",
            statistic,
            *lines,
        )
    )
    return f'resource "aws_cloudwatch_metric_alarm" "this" {{\n  {body}\n}}\n'


def math(name: str, expression: str) -> str:
    def query(identity: str, metric: str) -> str:
        named = f'namespace = "AWS/Lambda"\n      metric_name = "{metric}"\n      period = 60\n      stat = "Sum"'
        return f'metric_query {{\n    id = "{identity}"\n    metric {{\n      {named}\n    }}\n  }}'

    whole = f'metric_query {{\n    id = "rate"\n    expression = "{expression}"\n    return_data = true\n  }}'
    return (
        'resource "aws_cloudwatch_metric_alarm" "math" {\n'
        f'  alarm_name = "{name}"\n  comparison_operator = "GreaterThanThreshold"\n'
        "  evaluation_periods = 1\n  threshold = 0.05\n"
        f"  {query('e', 'Errors')}\n  {query('i', 'Invocations')}\n  {whole}\n}}\n"
    )


def either(name: str, *lines: str, of: str = ALARM) -> str:
    body = "\n  ".join((f'alarm_name = "{name}"', f'alarm_rule = "ALARM(${{{of}.alarm_name}})"', *lines))
    return f'resource "aws_cloudwatch_composite_alarm" "this" {{\n  {body}\n}}\n'


def board(name: str, body: str) -> str:
    return (
        'resource "aws_cloudwatch_dashboard" "this" {\n'
        f'  dashboard_name = "{name}"\n  dashboard_body = <<-END\n{body}\nEND\n}}\n'
    )


@pytest.fixture
def workspace(tmp_path: Path, sandbox: Any) -> Workspace:
    return with_ours(tmp_path, sandbox)


def describe_alarm(sandbox: Any, name: str) -> dict[str, Any]:
    found = sandbox.client("cloudwatch").describe_alarms(
        AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    return next(iter([*found["MetricAlarms"], *found["CompositeAlarms"]]), {})


def test_alarms_and_a_dashboard_are_made_changed_in_place_and_removed(workspace: Workspace, sandbox: Any) -> None:
    widget = '{"widgets": [{"type": "text", "height": 3.0, "properties": {"markdown": "%s <b>"}}]}'
    first = alarm("w-life") + math("w-math", "e/i") + either("w-either") + board("w-board", widget % "one")
    state = workspace.write(first).apply()
    assert state[ALARM]["arn"] == "arn:aws:cloudwatch:us-east-1:000000000000:alarm:w-life"
    assert workspace.actions() == {}
    second = (
        alarm("w-life", 'tags = { A = "1" }', 'alarm_actions = ["arn:aws:sns:us-east-1:000000000000:t"]', threshold=2.5)
        + math("w-math", "100*e/i")
        + either("w-either", 'alarm_description = "why"')
        + board("w-board", widget % "two")
    )
    workspace.write(second)
    assert workspace.actions() == {key: ["update"] for key in (ALARM, MATH, EITHER, BOARD)}
    state = workspace.apply()
    assert workspace.actions() == {}
    found = describe_alarm(sandbox, "w-life")
    assert (found["Threshold"], found["Period"], found["Statistic"]) == (2.5, 60, "Sum")
    assert found["Dimensions"] == [{"Name": "FunctionName", "Value": "f"}]
    assert state[ALARM]["tags_all"] == {"A": "1"}
    queries = {query["Id"]: query for query in describe_alarm(sandbox, "w-math")["Metrics"]}
    assert queries["rate"]["Expression"] == "100*e/i"
    assert [queries[name]["ReturnData"] for name in ("e", "i", "rate")] == [False, False, True]
    assert describe_alarm(sandbox, "w-either")["AlarmDescription"] == "why"
    body = sandbox.client("cloudwatch").get_dashboard(DashboardName="w-board")["DashboardBody"]
    assert json.loads(body)["widgets"][0]["properties"]["markdown"] == "two <b>"
    workspace.destroy()
    assert [describe_alarm(sandbox, name) for name in ("w-life", "w-math", "w-either")] == [{}, {}, {}]


def test_an_alarm_that_leaves_the_hcl_is_removed_and_nothing_else(workspace: Workspace, sandbox: Any) -> None:
    workspace.write(alarm("w-stays") + math("w-leaves", "e/i")).apply()
    workspace.write(alarm("w-stays"))
    assert workspace.actions() == {MATH: ["delete"]}
    workspace.apply()
    assert (describe_alarm(sandbox, "w-leaves"), bool(describe_alarm(sandbox, "w-stays"))) == ({}, True)


def test_what_was_deleted_outside_is_planned_again(workspace: Workspace, sandbox: Any) -> None:
    cloudwatch = sandbox.client("cloudwatch")
    workspace.write(alarm("w-gone") + either("w-gone-too") + board("w-gone-board", '{"widgets": []}')).apply()
    cloudwatch.delete_alarms(AlarmNames=["w-gone-too"])
    cloudwatch.delete_alarms(AlarmNames=["w-gone"])
    cloudwatch.delete_dashboards(DashboardNames=["w-gone-board"])
    assert workspace.actions() == {key: ["create"] for key in (ALARM, EITHER, BOARD)}


def test_what_was_changed_outside_is_put_back(workspace: Workspace, sandbox: Any) -> None:
    workspace.write(alarm("w-drift")).apply()
    sandbox.client("cloudwatch").put_metric_alarm(
        AlarmName="w-drift",
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Dimensions=[{"Name": "FunctionName", "Value": "f"}],
        Period=60,
        EvaluationPeriods=3,
        Threshold=9,
        Statistic="Sum",
    )
    (change,) = [entry["change"] for entry in workspace.plan()["resource_changes"]]
    assert (change["before"]["threshold"], change["after"]["threshold"]) == (9, 1)


def test_a_percentile_becomes_a_sum_in_place(workspace: Workspace, sandbox: Any) -> None:
    workspace.write(alarm("w-p99", statistic=P99)).apply()
    assert workspace.actions() == {}
    workspace.write(alarm("w-p99"))
    assert workspace.actions() == {ALARM: ["update"]}
    workspace.apply()
    found = describe_alarm(sandbox, "w-p99")
    assert (found["Statistic"], found.get("ExtendedStatistic")) == ("Sum", None)
    assert workspace.actions() == {}


def test_another_name_and_a_composite_alarms_switch_replace(workspace: Workspace) -> None:
    workspace.write(alarm("w-old") + either("w-switch")).apply()
    plan = workspace.write(alarm("w-new") + either("w-switch", "actions_enabled = false")).plan()
    paths = {entry["address"]: entry["change"].get("replace_paths") for entry in plan["resource_changes"]}
    assert paths == {ALARM: [["alarm_name"]], EITHER: [["actions_enabled"]]}


def test_a_dashboard_spelled_otherwise_is_the_same(workspace: Workspace) -> None:
    workspace.write(board("w-spelled", '{"widgets": [], "start": "-PT3H"}')).apply()
    workspace.write(board("w-spelled", '{ "start": "-PT3H",\n "widgets": [] }'))
    assert workspace.actions() == {}
    workspace.write(board("w-spelled", '{"widgets": [], "start": "-PT6H"}'))
    assert workspace.actions() == {BOARD: ["update"]}


def test_the_order_of_a_dashboards_metrics_is_a_difference(workspace: Workspace) -> None:
    body = '{"widgets": [{"properties": {"metrics": [["AWS/Lambda", "%s", "a", "%s"]]}}]}'
    workspace.write(board("w-order", body % ("Errors", "Throttles"))).apply()
    workspace.write(board("w-order", body % ("Throttles", "Errors")))
    assert workspace.actions() == {BOARD: ["update"]}


def test_existing_ones_are_imported_without_a_difference(workspace: Workspace) -> None:
    hcl = alarm("w-import", 'tags = { A = "1" }') + math("w-import-math", "e/i") + either("w-import-either")
    workspace.write(hcl + board("w-import-board", '{"widgets": []}')).apply()
    names = {ALARM: "w-import", MATH: "w-import-math", EITHER: "w-import-either", BOARD: "w-import-board"}
    for address, name in names.items():
        workspace.run("state", "rm", address)
        workspace.run("import", "-no-color", address, name)
    assert workspace.actions() == {}


@pytest.mark.parametrize(
    ("hcl", "expected"),
    [
        (alarm("w-no", statistic=""), "One of `statistic` or `extended_statistic` must be set"),
        (alarm("w-no", P99), "Conflicting configuration arguments"),
        (alarm("w-no").replace("period = 60", "period = 45"), "expected period to be one of [10 20 30] or divisible"),
        (alarm("w-no", 'unit = "Count"'), "does not implement unit of aws_cloudwatch_metric_alarm"),
        (alarm("w-no", 'treat_missing_data = "ok"'), "expected treat_missing_data to be one of"),
        (
            alarm("w-no").replace("GreaterThanOrEqualToThreshold", "GreaterThanUpperThreshold"),
            "does not implement anomaly detection bands",
        ),
        (board("w-no", "no json"), '"dashboard_body" contains an invalid JSON'),
        (board("w no", "{}"), "invalid dashboard name: w no"),
    ],
)
def test_what_is_not_carried_out_is_refused_by_name(workspace: Workspace, hcl: str, expected: str) -> None:
    assert expected in workspace.write(hcl).refusal()
