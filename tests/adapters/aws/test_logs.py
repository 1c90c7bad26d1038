"""FilterLogEvents through boto3: what is asked, and what each refusal becomes."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import EndpointConnectionError, TokenRetrievalError
from botocore.stub import Stubber
from moto import mock_aws

from fakes.clock import NOON
from fakes.stub_client import offline_client, stub_client
from hybridctl.adapters.aws.errors import EXPIRED
from hybridctl.adapters.aws.logs import CloudWatchLogs
from hybridctl.domain.logs.moments import Window
from hybridctl.errors import (
    AwsRefused,
    CredentialsExpired,
    LogPagesLost,
    LogsThrottled,
    LogsUnreachable,
    NotDeployed,
)

GROUP = "/aws/lambda/f"
WINDOW = Window(NOON, NOON + timedelta(minutes=1))
MILLISECONDS = 1772366400000
ASKED = {"logGroupName": GROUP, "startTime": MILLISECONDS, "endTime": MILLISECONDS + 60_000}
RAW = {
    "eventId": "e1",
    "timestamp": MILLISECONDS + 123,
    "ingestionTime": MILLISECONDS + 456,
    "logStreamName": "2026/03/01/[7]abc",
    "message": "hello\n",
}


@pytest.fixture
def aws():
    with stub_client("logs") as (client, stubber):
        yield CloudWatchLogs(lambda: client, group=GROUP), stubber


def test_a_page_is_asked_for_by_window_and_pattern_and_its_times_are_exact(aws):
    source, stubber = aws
    stubber.add_response("filter_log_events", {"events": [RAW], "nextToken": "t1"}, {**ASKED, "filterPattern": "%abc%"})
    page = source.page(WINDOW, pattern="%abc%")
    (event,) = page.events
    assert (event.id, event.message, event.stream) == ("e1", "hello", "2026/03/01/[7]abc")
    assert event.time == datetime(2026, 3, 1, 12, 0, 0, 123_000, tzinfo=UTC)
    assert event.ingested - event.time == timedelta(milliseconds=333)
    assert page.token == "t1"


def test_an_empty_page_may_carry_a_token_and_reading_continues(aws):
    source, stubber = aws
    stubber.add_response("filter_log_events", {"events": [], "nextToken": "t1"}, ASKED)
    stubber.add_response("filter_log_events", {"events": [RAW]}, {**ASKED, "nextToken": "t1"})
    first = source.page(WINDOW)
    assert (first.events, first.token) == ([], "t1")
    second = source.page(WINDOW, token=first.token)
    assert (len(second.events), second.token) == (1, None)


def test_the_newest_are_asked_for_in_reverse_order(aws):
    source, stubber = aws
    stubber.add_response("filter_log_events", {"events": []}, {**ASKED, "startFromHead": False})
    source.page(WINDOW, newest_first=True)


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("ThrottlingException", 400, LogsThrottled),
        ("SomethingNew", 429, LogsThrottled),
        ("ServiceUnavailableException", 503, LogsUnreachable),
        ("InternalFailure", 500, LogsUnreachable),
        ("ResourceNotFoundException", 400, NotDeployed),
        ("InvalidParameterException", 400, AwsRefused),
        ("UnrecognizedClientException", 400, AwsRefused),
    ],
)
def test_each_refusal_becomes_what_can_be_done_about_it(aws, name, status, error):
    source, stubber = aws
    stubber.add_client_error("filter_log_events", name, http_status_code=status)
    with pytest.raises(error) as caught:
        source.page(WINDOW)
    assert type(caught.value) is error
    assert GROUP in str(caught.value)


def test_a_missing_permission_is_named_with_its_group(aws):
    source, stubber = aws
    stubber.add_client_error("filter_log_events", "AccessDeniedException", "not authorized to perform: it")
    with pytest.raises(AwsRefused, match="logs:FilterLogEvents") as caught:
        source.page(WINDOW)
    assert GROUP in str(caught.value.hint)


def test_a_log_class_that_cannot_be_searched_is_sent_to_the_query(aws):
    """The words of CloudWatch: github.com/aws/karpenter-provider-aws/pull/9567."""
    source, stubber = aws
    words = f"The log group {GROUP} is of log-group-class INFREQUENT_ACCESS. FilterLogEvents is not supported for this"
    stubber.add_client_error("filter_log_events", "InvalidOperationException", words)
    with pytest.raises(AwsRefused, match="can only be queried") as caught:
        source.page(WINDOW)
    assert str(caught.value.hint).startswith("hybridctl logs query errors")


def test_a_token_that_is_no_longer_taken_is_distinguished(aws):
    source, stubber = aws
    stubber.add_client_error("filter_log_events", "InvalidParameterException", "nextToken is invalid")
    with pytest.raises(LogPagesLost):
        source.page(WINDOW, token="old")


@pytest.mark.parametrize("expired", sorted(EXPIRED))
def test_expired_credentials_are_renewed_through_the_factory_and_the_call_is_made_again(expired):
    old, fresh = offline_client("logs"), offline_client("logs")
    clients = [old, fresh]
    with Stubber(old) as first, Stubber(fresh) as second:
        first.add_client_error("filter_log_events", expired)
        second.add_response("filter_log_events", {"events": [RAW]}, {**ASKED, "nextToken": "t7"})
        page = CloudWatchLogs(lambda: clients.pop(0), group=GROUP).page(WINDOW, token="t7")
    assert len(page.events) == 1
    assert clients == []


def test_credentials_that_stay_expired_say_so_and_are_asked_for_again_by_the_next_call():
    made = []

    def factory():
        made.append(offline_client("logs"))
        stubber = Stubber(made[-1])
        if len(made) <= 2:
            stubber.add_client_error("filter_log_events", "ExpiredTokenException")
        else:
            stubber.add_response("filter_log_events", {"events": []}, ASKED)
        stubber.activate()
        return made[-1]

    source = CloudWatchLogs(factory, group=GROUP)
    with pytest.raises(CredentialsExpired):
        source.page(WINDOW)
    assert source.page(WINDOW).events == []


@pytest.mark.parametrize(
    ("cause", "error"),
    [
        (EndpointConnectionError(endpoint_url="https://logs"), LogsUnreachable),
        (TokenRetrievalError(provider="sso", error_msg="ended"), CredentialsExpired),
    ],
)
def test_what_the_network_or_sso_does_is_worth_asking_again(cause, error):
    def factory():
        raise cause

    with pytest.raises(error):
        CloudWatchLogs(factory, group=GROUP).page(WINDOW)


def test_against_motos_cloudwatch_all_pages_are_read():
    with mock_aws():
        aws = offline_client("logs")
        aws.create_log_group(logGroupName=GROUP)
        aws.create_log_stream(logGroupName=GROUP, logStreamName="[7]a")
        now = datetime.now(UTC).replace(microsecond=0)
        stamp = int(now.timestamp() * 1000)
        events = [{"timestamp": stamp - index, "message": f"line {index}"} for index in range(30)]
        aws.put_log_events(logGroupName=GROUP, logStreamName="[7]a", logEvents=events[::-1])
        source = CloudWatchLogs(lambda: aws, group=GROUP)
        page = source.page(Window(now - timedelta(minutes=1)))
        assert [event.message for event in page.events] == [f"line {29 - index}" for index in range(30)]
        with pytest.raises(NotDeployed):
            CloudWatchLogs(lambda: aws, group="/none").page(WINDOW)
