"""Watching reads CloudWatch at most once a minute on AWS."""

from datetime import timedelta

import boto3
import pytest
from botocore.stub import Stubber

from fakes.clock import NOON
from hybridctl.adapters.aws.metrics import CloudWatchMetrics
from hybridctl.domain.metrics.series import Query
from hybridctl.domain.metrics.span import Span

ERRORS = Query("AWS/Lambda", "Errors", (("FunctionName", "f"),), "Sum")
OTHER = Query("AWS/Lambda", "Throttles", (("FunctionName", "f"),), "Sum")
KEYS = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}


class Counted:
    """CloudWatch, counting its calls: each answer is one point with the number of the call."""

    def __init__(self) -> None:
        self.calls = 0
        self.client = boto3.client("cloudwatch", region_name="eu-west-1", **KEYS)
        self._stubber = Stubber(self.client)

    def expect(self, times: int) -> None:
        for number in range(1, times + 1):
            point = {"Id": "q0", "Timestamps": [NOON], "Values": [float(number)], "StatusCode": "Complete"}
            self._stubber.add_response("get_metric_data", {"MetricDataResults": [point]})
        self._stubber.activate()

    def is_used_up(self) -> bool:
        try:
            self._stubber.assert_no_pending_responses()
        except AssertionError:
            return False
        return True


@pytest.fixture
def counted() -> Counted:
    return Counted()


def later(seconds: int) -> Span:
    return Span(NOON + timedelta(seconds=seconds), 60, 60)


def test_six_readings_in_a_minute_are_one_call(counted: Counted):
    counted.expect(2)
    source = CloudWatchMetrics(lambda: counted.client, rest=timedelta(minutes=1))
    seen = [source.read([ERRORS], later(at))[ERRORS][NOON] for at in range(0, 70, 10)]
    assert seen == [1.0] * 6 + [2.0]
    assert counted.is_used_up()


@pytest.mark.parametrize("rest", [timedelta(), timedelta(minutes=1)])
def test_other_queries_another_period_and_another_window_are_read(counted: Counted, rest: timedelta):
    counted.expect(4)
    source = CloudWatchMetrics(lambda: counted.client, rest=rest)
    source.read([ERRORS], later(0))
    source.read([OTHER], later(0))
    source.read([OTHER], Span(NOON, 12, 300))
    source.read([OTHER], Span(NOON - timedelta(hours=1), 12, 300))
    assert counted.is_used_up()


def test_the_sandbox_is_read_each_time(counted: Counted):
    counted.expect(3)
    source = CloudWatchMetrics(lambda: counted.client)
    for at in (0, 2, 4):
        source.read([ERRORS], later(at))
    assert counted.is_used_up()
