"""AWS/Lambda's sums for one version behind the alias."""

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from hybridctl.adapters.aws.traffic_metrics import CloudWatchVersionMetrics
from hybridctl.domain.samples import Totals
from hybridctl.errors import AwsRefused

SINCE = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
UNTIL = datetime(2026, 3, 1, 12, 4, tzinfo=UTC)


@pytest.fixture
def cloudwatch() -> Any:
    return boto3.client("cloudwatch", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")


def query(metric: str) -> dict[str, Any]:
    dimensions = [("FunctionName", "f"), ("Resource", "f:live"), ("ExecutedVersion", "3")]
    return {
        "Id": metric.lower(),
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/Lambda",
                "MetricName": metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
            },
            "Period": 60,
            "Stat": "Sum",
        },
    }


ASKED = {
    "MetricDataQueries": [query("Invocations"), query("Errors")],
    "StartTime": datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
    "EndTime": datetime(2026, 3, 1, 12, 5, tzinfo=UTC),
    "ScanBy": "TimestampAscending",
}


def result(metric: str, *values: float) -> dict[str, Any]:
    return {"Id": metric, "Values": list(values)}


def test_sums_are_over_all_pages_and_whole_minutes(cloudwatch):
    with Stubber(cloudwatch) as stubber:
        first = {"MetricDataResults": [result("invocations", 10.0, 5.0)], "NextToken": "more"}
        second = {"MetricDataResults": [result("invocations", 1.0), result("errors", 2.0)]}
        stubber.add_response("get_metric_data", first, ASKED)
        stubber.add_response("get_metric_data", second, ASKED | {"NextToken": "more"})
        metrics = CloudWatchVersionMetrics(lambda: cloudwatch, function="f", alias="live")
        assert metrics.totals(3, SINCE, UNTIL) == Totals(16, 2)
        stubber.assert_no_pending_responses()


def test_no_points_are_no_requests(cloudwatch):
    with Stubber(cloudwatch) as stubber:
        stubber.add_response("get_metric_data", {"MetricDataResults": []}, ASKED)
        metrics = CloudWatchVersionMetrics(lambda: cloudwatch, function="f", alias="live")
        assert metrics.totals(3, SINCE, UNTIL) == Totals()


def test_a_refusal_says_what_was_being_read(cloudwatch):
    with Stubber(cloudwatch) as stubber:
        stubber.add_client_error("get_metric_data", "AccessDenied")
        metrics = CloudWatchVersionMetrics(lambda: cloudwatch, function="f", alias="live")
        with pytest.raises(AwsRefused, match="reading the metrics of version 3 of f"):
            metrics.totals(3, SINCE, UNTIL)


@pytest.mark.parametrize("status", ["Forbidden", "InternalError", "PartialData"])
def test_errors_that_could_not_be_read_are_not_taken_for_none(cloudwatch, status):
    with Stubber(cloudwatch) as stubber:
        results = [result("invocations", 10.0), result("errors") | {"StatusCode": status}]
        stubber.add_response("get_metric_data", {"MetricDataResults": results}, ASKED)
        metrics = CloudWatchVersionMetrics(lambda: cloudwatch, function="f", alias="live")
        with pytest.raises(AwsRefused, match=f"version 3 of f .*AWS/Lambda Errors: {status}"):
            metrics.totals(3, SINCE, UNTIL)
