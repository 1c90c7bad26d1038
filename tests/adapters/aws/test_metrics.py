"""GetMetricData through boto3: one call for all, its pages and its refusals; and moto's CloudWatch."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from botocore.stub import ANY
from moto import mock_aws

from fakes.backend import outputs
from fakes.clock import NOON
from fakes.stub_client import offline_client, stub_client
from hybridctl.adapters.aws.metrics import CloudWatchMetrics
from hybridctl.domain.metrics.catalogue import catalogue, subjects_of
from hybridctl.domain.metrics.readings import queries
from hybridctl.domain.metrics.series import Query
from hybridctl.domain.metrics.span import Span
from hybridctl.domain.outputs import Outputs
from hybridctl.errors import AwsRefused

SPAN = Span(NOON, 60, 60)
ERRORS = Query("AWS/Lambda", "Errors", (("FunctionName", "f"), ("Resource", "f:live")), "Sum")
SLOW = Query("AWS/Lambda", "Duration", (("FunctionName", "f"),), "p99")


@pytest.fixture
def aws():
    with stub_client("cloudwatch") as (client, stubber):
        yield CloudWatchMetrics(lambda: client), stubber


def result(number, values=(), status="Complete"):
    times = [NOON + timedelta(minutes=at) for at in range(len(values))]
    return {"Id": f"q{number}", "Label": "x", "Timestamps": times, "Values": list(values), "StatusCode": status}


def test_everything_an_environment_measures_is_one_call(aws):
    source, stubber = aws
    asked = queries(catalogue(subjects_of(Outputs(outputs(1)), "local")))
    assert 60 < len(asked) <= 500
    stubber.add_response(
        "get_metric_data",
        {"MetricDataResults": [result(number, [number]) for number in range(len(asked))]},
        {"MetricDataQueries": ANY, "StartTime": NOON, "EndTime": SPAN.end, "ScanBy": "TimestampAscending"},
    )
    found = source.read(asked, SPAN)
    assert [found[query] for query in asked] == [{NOON: number} for number in range(len(asked))]


def test_a_query_names_its_dimensions_its_period_and_a_percentile(aws):
    source, stubber = aws
    metric = {
        "Namespace": "AWS/Lambda",
        "MetricName": "Duration",
        "Dimensions": [{"Name": "FunctionName", "Value": "f"}],
    }
    query = {"Id": "q0", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "p99"}}
    expected = {"MetricDataQueries": [query], "StartTime": NOON, "EndTime": SPAN.end, "ScanBy": "TimestampAscending"}
    stubber.add_response("get_metric_data", {"MetricDataResults": [result(0)]}, expected)
    assert source.read([SLOW], SPAN) == {SLOW: {}}


def test_a_series_that_comes_in_pages_is_put_together(aws):
    source, stubber = aws
    late = {**result(0, [7.0]), "Timestamps": [NOON + timedelta(minutes=9)]}
    page = {"MetricDataResults": [result(0, [1.0, 2.0], "PartialData"), result(1, [5.0])], "NextToken": "t"}
    stubber.add_response("get_metric_data", page)
    stubber.add_response("get_metric_data", {"MetricDataResults": [late]})
    found = source.read([ERRORS, SLOW], SPAN)
    assert list(found[ERRORS].values()) == [1.0, 2.0, 7.0]
    assert found[SLOW] == {NOON: 5.0}


def test_more_than_500_queries_are_as_few_calls_as_there_can_be(aws):
    source, stubber = aws
    many = [Query("N", f"m{number}", (), "Sum") for number in range(1001)]
    sizes = []

    def take_params(params, **_):
        sizes.append(len(params["MetricDataQueries"]))

    source._open().meta.events.register("provide-client-params.cloudwatch.GetMetricData", take_params)
    for first, last in pairwise((0, 500, 1000, 1001)):
        values = [result(number, [first + number]) for number in range(last - first)]
        stubber.add_response("get_metric_data", {"MetricDataResults": values})
    found = source.read(many, SPAN)
    assert sizes == [500, 500, 1]
    assert [value for points in found.values() for value in points.values()] == list(range(1001))


@pytest.mark.parametrize("status", ["Forbidden", "InternalError", "PartialData"])
def test_a_series_that_could_not_be_read_is_not_taken_for_an_empty_one(aws, status):
    source, stubber = aws
    stubber.add_response("get_metric_data", {"MetricDataResults": [result(0, (), status)]})
    with pytest.raises(AwsRefused, match=f"AWS/Lambda Errors: {status}"):
        source.read([ERRORS], SPAN)


def test_a_missing_permission_is_named(aws):
    source, stubber = aws
    stubber.add_client_error("get_metric_data", "AccessDenied", "User x is not authorized")
    with pytest.raises(AwsRefused, match=r"cloudwatch:GetMetricData.*access denied") as caught:
        source.read([ERRORS], SPAN)
    assert caught.value.hint


def test_against_motos_cloudwatch_zero_and_no_data_are_distinguished():
    with mock_aws():
        aws = offline_client("cloudwatch")
        minute = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=10)
        dimensions = [{"Name": "FunctionName", "Value": "f"}, {"Name": "Resource", "Value": "f:live"}]
        for at, value in ((0, 0.0), (2, 3.0), (2, 4.0)):
            point = {"MetricName": "Errors", "Dimensions": dimensions, "Value": value, "Timestamp": minute}
            aws.put_metric_data(
                Namespace="AWS/Lambda", MetricData=[{**point, "Timestamp": minute + timedelta(minutes=at)}]
            )
        found = CloudWatchMetrics(lambda: aws).read([ERRORS, SLOW], Span(minute, 5, 60))
    assert found[ERRORS] == {minute: 0.0, minute + timedelta(minutes=2): 7.0}
    assert found[SLOW] == {}
