"""FilterLogEvents: pages, order, bounds, prefixes and patterns."""

import time
from itertools import chain

import pytest
from botocore.exceptions import ClientError

from sandbox.cloud.functions import unique

NOW = int(time.time() * 1000)


@pytest.fixture
def logs(sandbox):
    return sandbox.client("logs")


@pytest.fixture
def group(logs):
    name = unique("/test/group")
    logs.create_log_group(logGroupName=name)
    return name


def put(logs, group, stream, *events):
    if not logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream)["logStreams"]:
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    batch = [{"timestamp": NOW + at, "message": message} for at, message in events]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=batch)


def pages(logs, group, **arguments):
    found, token = [], {}
    while True:
        page = logs.filter_log_events(logGroupName=group, **arguments, **token)
        found.append([event["message"] for event in page["events"]])
        if "nextToken" not in page:
            return found
        token = {"nextToken": page["nextToken"]}


def test_pages_are_limited_and_each_event_is_reported_once_in_the_order_of_time(logs, group):
    put(logs, group, "a", *[(at, f"a{at}") for at in range(0, 10, 2)])
    put(logs, group, "b", *[(at, f"b{at}") for at in range(1, 10, 2)])
    assert pages(logs, group, limit=4) == [["a0", "b1", "a2", "b3"], ["a4", "b5", "a6", "b7"], ["a8", "b9"]]


def test_events_of_one_millisecond_are_split_over_pages_without_loss(logs, group):
    put(logs, group, "a", *[(0, f"e{number}") for number in range(7)])
    found = pages(logs, group, limit=3)
    assert [len(page) for page in found] == [3, 3, 1]
    assert sorted(chain(*found)) == [f"e{number}" for number in range(7)]


def test_a_rarely_matching_filter_gives_empty_pages_with_a_token(logs, group):
    put(logs, group, "a", *[(at, "x" * 200_000) for at in range(5)])
    put(logs, group, "a", *[(5 + at, "x" * 200_000) for at in range(4)], (20, "needle"))
    found = pages(logs, group, filterPattern="needle")
    assert found[0] == []
    assert list(chain(*found)) == ["needle"]


def test_an_event_that_comes_late_is_found_at_its_own_time(logs, group):
    put(logs, group, "a", (5, "second"))
    put(logs, group, "b", (1, "first"))
    assert pages(logs, group) == [["first", "second"]]


def test_both_bounds_are_included(logs, group):
    put(logs, group, "a", *[(at, str(at)) for at in range(5)])
    assert pages(logs, group, startTime=NOW + 1, endTime=NOW + 3) == [["1", "2", "3"]]


def test_streams_are_chosen_by_name_or_prefix_never_both(logs, group):
    put(logs, group, "2026/[1]a", (0, "one"))
    put(logs, group, "2026/[2]a", (1, "two"))
    assert pages(logs, group, logStreamNamePrefix="2026/[2]") == [["two"]]
    assert pages(logs, group, logStreamNames=["2026/[1]a"]) == [["one"]]
    with pytest.raises(ClientError, match="InvalidParameterException"):
        pages(logs, group, logStreamNames=["x"], logStreamNamePrefix="y")


def test_a_token_that_was_not_given_out_is_refused(logs, group):
    with pytest.raises(ClientError, match="InvalidParameterException"):
        logs.filter_log_events(logGroupName=group, nextToken="nonsense")


def test_ids_are_stable_and_distinct(logs, group):
    put(logs, group, "a", *[(0, "same") for _ in range(3)])
    once, again = (logs.filter_log_events(logGroupName=group)["events"] for _ in range(2))
    assert len({event["eventId"] for event in once}) == 3
    assert once == again


def test_retention_and_tags_read_back(logs, sandbox, group):
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    arn = f"arn:aws:logs:{sandbox.region}:{sandbox.account}:log-group:{group}"
    logs.tag_resource(resourceArn=arn, tags={"project": "x"})
    [found] = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert found["retentionInDays"] == 7
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"project": "x"}
