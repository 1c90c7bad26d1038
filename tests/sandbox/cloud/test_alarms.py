"""Alarms and dashboards: they read back as written, by every protocol, and change state by what they name."""

import json
import time
from datetime import UTC, datetime
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from hybridctl.sandbox.cloud.query_protocol import model, read_query
from sandbox.cloud.functions import unique

SETTINGS = {
    "AlarmDescription": "too many errors",
    "Namespace": "AWS/Lambda",
    "MetricName": "Errors",
    "Dimensions": [{"Name": "FunctionName", "Value": "f"}, {"Name": "Resource", "Value": "f:live"}],
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 2,
    "Threshold": 1.5,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
    "ActionsEnabled": True,
    "AlarmActions": ["arn:aws:sns:us-east-1:000000000000:alarms"],
    "OKActions": ["arn:aws:sns:us-east-1:000000000000:alarms"],
}
PERCENTILE = {name: value for name, value in SETTINGS.items() if name != "Statistic"} | {"ExtendedStatistic": "p99"}
MATH = {
    "EvaluationPeriods": 1,
    "Threshold": 5.0,
    "ComparisonOperator": "GreaterThanThreshold",
    "Metrics": [
        {"Id": "rate", "Expression": "100*errors/calls", "Label": "rate", "ReturnData": True},
        *(
            {
                "Id": name,
                "MetricStat": {
                    "Metric": {"Namespace": "AWS/Lambda", "MetricName": metric},
                    "Period": 60,
                    "Stat": "Sum",
                },
                "ReturnData": False,
            }
            for name, metric in (("errors", "Errors"), ("calls", "Invocations"))
        ),
    ],
}


@pytest.fixture
def cloudwatch(sandbox):
    return sandbox.client("cloudwatch")


def until(condition, seconds=10):
    """The first true answer; the sandbox looks at its alarms once a second."""
    for _ in range(seconds * 20):
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come to pass")


def put(cloudwatch, **settings):
    name = unique("alarm")
    cloudwatch.put_metric_alarm(AlarmName=name, **settings)
    return name


def describe(cloudwatch, name):
    answer = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    [found] = answer["MetricAlarms"] + answer["CompositeAlarms"]
    return found


@pytest.mark.parametrize("settings", [SETTINGS, PERCENTILE, MATH], ids=["statistic", "percentile", "math"])
def test_an_alarm_reads_back_as_it_was_written(cloudwatch, settings):
    found = describe(cloudwatch, put(cloudwatch, **settings))
    assert {name: found.get(name) for name in settings} == settings
    made_up = {"Statistic", "ExtendedStatistic", "Period", "Metrics"} - settings.keys()
    assert not made_up & {name for name, value in found.items() if value is not None}


def test_an_alarm_reads_back_complete_by_the_query_protocol(sandbox, cloudwatch):
    name = put(cloudwatch, **SETTINGS)
    form = urlencode({"Action": "DescribeAlarms", "Version": "2010-08-01", "AlarmNames.member.1": name})
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = sandbox.send("monitoring", "/", form.encode(), headers)
    space = "{http://monitoring.amazonaws.com/doc/2010-08-01/}"
    member = ElementTree.fromstring(answer.content).find(f".//{space}MetricAlarms/{space}member")  # noqa: S314 - our own server
    fields = {element.tag.removeprefix(space): element for element in member}
    assert fields["Period"].text == "60"
    assert fields["Statistic"].text == "Sum"
    assert fields["ActionsEnabled"].text == "true"
    assert fields["TreatMissingData"].text == "notBreaching"
    assert [element.text for element in fields["Dimensions"].iter(f"{space}Value")] == ["f", "f:live"]


def test_an_alarm_is_written_and_reads_back_by_cbor(sandbox):
    """What the provider of the 6.x series speaks."""

    def ask(operation, **request):
        shape = model().operation_model(operation)
        made = create_serializer("smithy-rpc-v2-cbor").serialize_to_request(request, shape)
        answer = sandbox.send("monitoring", made["url_path"], bytes(made["body"]), dict(made["headers"]))
        response = {"status_code": answer.status_code, "headers": answer.headers, "body": answer.content}
        return create_parser("smithy-rpc-v2-cbor").parse(response, shape.output_shape)

    name = unique("alarm")
    ask("PutMetricAlarm", AlarmName=name, **SETTINGS)
    [found] = ask("DescribeAlarms", AlarmNames=[name])["MetricAlarms"]
    assert {member: found[member] for member in SETTINGS} == SETTINGS
    assert isinstance(found["StateUpdatedTimestamp"], datetime)
    refused = ask("PutCompositeAlarm", AlarmName=name, AlarmRule="ALARM(missing)")
    assert refused["Error"]["Code"] == "ValidationError"


def test_a_query_request_is_read_by_the_model():
    form = {
        "AlarmName": "a",
        "ActionsEnabled": "false",
        "Threshold": "1.5",
        "Dimensions.member.1.Name": "A",
        "Dimensions.member.1.Value": "1",
        "Dimensions.member.2.Name": "B",
        "Dimensions.member.2.Value": "2",
        "Metrics.member.1.Id": "m",
        "Metrics.member.1.MetricStat.Period": "60",
    }
    assert read_query(model().operation_model("PutMetricAlarm").input_shape, form) == {
        "AlarmName": "a",
        "ActionsEnabled": False,
        "Threshold": 1.5,
        "Dimensions": [{"Name": "A", "Value": "1"}, {"Name": "B", "Value": "2"}],
        "Metrics": [{"Id": "m", "MetricStat": {"Period": 60}}],
    }


def test_tags_of_an_alarm_read_back(cloudwatch):
    name = put(cloudwatch, **SETTINGS, Tags=[{"Key": "project", "Value": "x"}])
    arn = describe(cloudwatch, name)["AlarmArn"]
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "project", "Value": "x"}]


def test_a_composite_alarm_and_a_dashboard_read_back(cloudwatch):
    child = put(cloudwatch, **SETTINGS)
    name, rule = unique("composite"), f'ALARM("{child}")'
    actions = SETTINGS["AlarmActions"]
    cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule=rule, AlarmActions=actions, AlarmDescription="all")
    found = describe(cloudwatch, name)
    assert (found["AlarmRule"], found["AlarmActions"], found["ActionsEnabled"]) == (rule, actions, True)
    body = json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "x"}}]})
    cloudwatch.put_dashboard(DashboardName=name, DashboardBody=body)
    assert json.loads(cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"]) == json.loads(body)


def test_an_alarm_follows_its_own_series_and_its_composite_follows_it(cloudwatch):
    namespace = unique("Test")
    mine, other = ([{"Name": "FunctionName", "Value": value}] for value in ("mine", "other"))
    watch = {
        **SETTINGS,
        "Namespace": namespace,
        "Dimensions": mine,
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "AlarmActions": [],
        "OKActions": [],
    }
    name = put(cloudwatch, **watch)
    composite = unique("composite")
    cloudwatch.put_composite_alarm(AlarmName=composite, AlarmRule=f'ALARM("{name}")')

    def observe(dimensions):
        datum = {"MetricName": "Errors", "Dimensions": dimensions, "Value": 5, "Timestamp": datetime.now(UTC)}
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=[datum])

    observe(other)
    until(lambda: describe(cloudwatch, name)["StateValue"] == "OK")
    observe(mine)
    until(lambda: describe(cloudwatch, name)["StateValue"] == "ALARM")
    assert describe(cloudwatch, composite)["StateValue"] == "ALARM"
    history = cloudwatch.describe_alarm_history(AlarmName=name, HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    assert any(item["HistorySummary"] == "Alarm updated from OK to ALARM" for item in history)


@pytest.mark.parametrize(
    ("treat", "state"), [("missing", "INSUFFICIENT_DATA"), ("notBreaching", "OK"), ("breaching", "ALARM")]
)
def test_missing_data_is_treated_as_the_alarm_says(cloudwatch, treat, state):
    watch = {**SETTINGS, "Namespace": unique("Test"), "TreatMissingData": treat, "AlarmActions": [], "OKActions": []}
    name = put(cloudwatch, **watch)
    until(lambda: describe(cloudwatch, name)["StateValue"] == state)


def test_an_alarm_on_an_expression_changes_state(cloudwatch):
    namespace = unique("Test")
    metrics = json.loads(json.dumps(MATH["Metrics"]).replace("AWS/Lambda", namespace))
    name = put(cloudwatch, **{**MATH, "Metrics": metrics})
    for metric, value in (("Errors", 1), ("Invocations", 10)):
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": metric, "Value": value}])
    until(lambda: describe(cloudwatch, name)["StateValue"] == "ALARM")


def test_a_metric_is_its_dimensions_too(cloudwatch):
    namespace, now = unique("Test"), datetime.now(UTC).timestamp()
    for value in ("a", "b"):
        dimensions = [{"Name": "D", "Value": value}]
        cloudwatch.put_metric_data(
            Namespace=namespace, MetricData=[{"MetricName": "m", "Dimensions": dimensions, "Value": 1}]
        )
    span = {"StartTime": now - 600, "EndTime": now + 600, "Period": 60, "Statistics": ["Sum"]}
    without = cloudwatch.get_metric_statistics(Namespace=namespace, MetricName="m", **span)
    one = cloudwatch.get_metric_statistics(
        Namespace=namespace, MetricName="m", Dimensions=[{"Name": "D", "Value": "a"}], **span
    )
    assert without["Datapoints"] == []
    assert [point["Sum"] for point in one["Datapoints"]] == [1.0]


def test_more_than_1440_datapoints_are_refused(cloudwatch):
    now = datetime.now(UTC).timestamp()
    span = {"StartTime": now - 1441 * 60, "EndTime": now, "Period": 60, "Statistics": ["Sum"]}
    with pytest.raises(ClientError, match="InvalidParameterCombination"):
        cloudwatch.get_metric_statistics(Namespace="x", MetricName="m", **span)


def test_the_newest_value_comes_first_unless_asked_otherwise(cloudwatch):
    namespace, now = unique("Test"), int(datetime.now(UTC).timestamp()) // 60 * 60
    for back, value in ((120, 1), (60, 2)):
        datum = {"MetricName": "m", "Value": value, "Timestamp": datetime.fromtimestamp(now - back, UTC)}
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=[datum])
    stat = {"Metric": {"Namespace": namespace, "MetricName": "m"}, "Period": 60, "Stat": "Sum"}
    ask = {"MetricDataQueries": [{"Id": "q", "MetricStat": stat}], "StartTime": now - 600, "EndTime": now + 60}
    newest = cloudwatch.get_metric_data(**ask)["MetricDataResults"][0]["Values"]
    oldest = cloudwatch.get_metric_data(**ask, ScanBy="TimestampAscending")["MetricDataResults"][0]["Values"]
    assert (newest, oldest) == ([2.0, 1.0], [1.0, 2.0])
