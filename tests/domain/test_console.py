"""Pages of AWS's console, as the console itself writes their addresses."""

import pytest

from hybridctl.domain.console import dashboard_url, log_group_url
from hybridctl.domain.environment import Place

# Links of public pages: qiita.com/yoohya/items/3ef1124ae9dd945e3b9f, and the tests of the package cwl-link.
PUBLISHED = [
    (
        Place("x", "1", "ap-northeast-1"),
        "/aws/lambda/hoge-lambda",
        "https://ap-northeast-1.console.aws.amazon.com/cloudwatch/home?region=ap-northeast-1"
        "#logsV2:log-groups/log-group/$252Faws$252Flambda$252Fhoge-lambda",
    ),
    (
        Place("x", "1", "us-gov-west-1", partition="aws-us-gov"),
        "LOG_GROUP",
        "https://us-gov-west-1.console.amazonaws-us-gov.com/cloudwatch/home?region=us-gov-west-1"
        "#logsV2:log-groups/log-group/LOG_GROUP",
    ),
    (
        Place("x", "1", "cn-northwest-1", partition="aws-cn"),
        "/aws/sagemaker/Endpoints/ocr",
        "https://cn-northwest-1.console.amazonaws.cn/cloudwatch/home?region=cn-northwest-1"
        "#logsV2:log-groups/log-group/$252Faws$252Fsagemaker$252FEndpoints$252Focr",
    ),
]


@pytest.mark.parametrize(("place", "group", "url"), PUBLISHED)
def test_a_log_groups_page_is_the_consoles_own(place, group, url):
    assert log_group_url(place, group) == url


def test_every_character_that_a_log_group_may_have_is_escaped_twice():
    """Of those that a log group may have (CreateLogGroup: a-zA-Z0-9_-/.#), the slash and # are escaped."""
    url = log_group_url(Place("x", "1", "eu-west-1"), "/a.b_c-d#1")
    assert str(url).endswith("/log-group/$252Fa.b_c-d$25231")


def test_a_dashboard_has_its_page_in_its_region():
    assert dashboard_url(Place("x", "1", "eu-west-1"), "shop-staging") == (
        "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#dashboards/dashboard/shop-staging"
    )


@pytest.mark.parametrize(
    "place", [Place("local", "1", "us-east-1", "http://127.0.0.1:1"), Place("x", "1", "y", partition="aws-new")]
)
def test_where_there_is_no_console_there_is_no_page(place):
    assert dashboard_url(place, "d") is None
    assert log_group_url(place, "g") is None
