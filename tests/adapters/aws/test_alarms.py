"""DescribeAlarms, their history and SetAlarmState through boto3: what is asked, and what each answer becomes."""

import json
from datetime import timedelta

import pytest
from moto import mock_aws

from fakes.clock import NOON
from fakes.stub_client import offline_client, stub_client
from hybridctl.adapters.aws.alarms import CloudWatchAlarms
from hybridctl.domain.alarm_history import AlarmChange
from hybridctl.domain.alarms import AlarmState
from hybridctl.errors import AwsRefused, NotFound

BOTH = ["MetricAlarm", "CompositeAlarm"]
RAW = {
    "AlarmName": "errors",
    "StateValue": "ALARM",
    "StateReason": "Threshold Crossed:\n 1 datapoint",
    "StateUpdatedTimestamp": NOON + timedelta(minutes=5),
    "StateTransitionedTimestamp": NOON,
    "Namespace": "AWS/Lambda",
    "MetricName": "Errors",
    "Dimensions": [{"Name": "FunctionName", "Value": "f"}],
    "ActionsEnabled": False,
}
COMPOSITE = {"AlarmName": "degraded", "StateValue": "OK", "StateReason": "", "StateUpdatedTimestamp": NOON}


@pytest.fixture
def aws():
    with stub_client("cloudwatch") as (client, stubber):
        yield CloudWatchAlarms(lambda: client), stubber


def item(**more):
    values = {"AlarmName": "errors", "Timestamp": NOON, "HistoryItemType": "StateUpdate"}
    return values | {"HistorySummary": "Alarm updated from OK to ALARM"} | more


def test_composite_alarms_are_asked_for_too_and_pages_are_followed(aws):
    source, stubber = aws
    asked = {"AlarmNames": ["errors", "degraded"], "AlarmTypes": BOTH}
    stubber.add_response("describe_alarms", {"MetricAlarms": [RAW], "NextToken": "t"}, asked)
    stubber.add_response("describe_alarms", {"CompositeAlarms": [COMPOSITE]}, {**asked, "NextToken": "t"})
    errors, degraded = source.alarms(["errors", "degraded"])
    assert (errors.state, errors.metric, errors.notifies) == (AlarmState.ALARM, ("AWS/Lambda", "Errors"), False)
    assert errors.since == NOON  # when it became so, not when CloudWatch last looked
    assert errors.reason == "Threshold Crossed: 1 datapoint"
    assert (degraded.is_composite, degraded.since) == (True, NOON)


def test_no_more_than_a_hundred_names_are_asked_for_at_once(aws):
    source, stubber = aws
    names = [f"a{number}" for number in range(101)]
    stubber.add_response("describe_alarms", {}, {"AlarmNames": names[:100], "AlarmTypes": BOTH})
    stubber.add_response("describe_alarms", {}, {"AlarmNames": names[100:], "AlarmTypes": BOTH})
    assert source.alarms(names) == []


def test_without_names_nothing_is_asked_for(aws):
    source, _ = aws
    assert source.alarms([]) == []  # an empty list would mean all alarms of the account


def test_history_is_read_from_its_json_else_from_its_sentence(aws):
    source, stubber = aws
    data = {"oldState": {"stateValue": "ALARM"}, "newState": {"stateValue": "OK", "stateReason": "fine\nagain"}}
    items = [item(HistoryData=json.dumps(data)), item(HistoryData="not JSON"), item(HistorySummary="renamed")]
    stubber.add_response(
        "describe_alarm_history",
        {"AlarmHistoryItems": items},
        {
            "AlarmTypes": BOTH,
            "HistoryItemType": "StateUpdate",
            "StartDate": NOON,
            "ScanBy": "TimestampDescending",
            "MaxRecords": 100,
            "AlarmName": "errors",
        },
    )
    assert list(source.history(NOON, name="errors")) == [
        AlarmChange("errors", NOON, AlarmState.ALARM, AlarmState.OK, "fine again"),
        AlarmChange("errors", NOON, AlarmState.OK, AlarmState.ALARM, ""),
    ]


def test_no_further_page_of_history_is_read_than_is_wanted(aws):
    source, stubber = aws
    stubber.add_response("describe_alarm_history", {"AlarmHistoryItems": [item()], "NextToken": "t"})
    assert next(source.history(NOON)).name == "errors"


def test_each_refusal_names_the_permission_or_the_alarm(aws):
    source, stubber = aws
    stubber.add_client_error("describe_alarms", "AccessDenied", "not you")
    with pytest.raises(AwsRefused, match=r"cloudwatch:DescribeAlarms.*access denied"):
        source.alarms(["errors"])
    stubber.add_client_error("describe_alarm_history", "AccessDenied", "not you")
    with pytest.raises(AwsRefused, match=r"cloudwatch:DescribeAlarmHistory.*access denied"):
        list(source.history(NOON))
    stubber.add_client_error("set_alarm_state", "ResourceNotFound")
    with pytest.raises(NotFound, match="nope"):
        source.set_state("nope", AlarmState.OK, "why")


def test_against_motos_cloudwatch_a_state_that_is_set_is_read_back():
    with mock_aws():
        aws = offline_client("cloudwatch")
        aws.put_metric_alarm(
            AlarmName="errors",
            Namespace="AWS/Lambda",
            MetricName="Errors",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
        )
        source = CloudWatchAlarms(lambda: aws)
        source.set_state("errors", AlarmState.ALARM, "because")
        (found,) = source.alarms(["errors", "none"])
    assert (found.name, found.state, found.reason) == ("errors", AlarmState.ALARM, "because")
    assert found.metric == ("AWS/Lambda", "Errors")
