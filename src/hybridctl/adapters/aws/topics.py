"""SNS topics."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from hybridctl.adapters.aws.errors import read_optional
from hybridctl.domain.alarms import Subscribers

if TYPE_CHECKING:
    from types_boto3_sns import SNSClient


class SnsTopics:
    """Topics of one region. The client is opened on first use."""

    def __init__(self, open_client: Callable[[], "SNSClient"]) -> None:
        self._open = open_client

    def subscribers(self, topic: str) -> Subscribers | None:
        """Return the number of a topic's subscriptions, or None if the topic does not exist."""
        answer = read_optional(
            f"reading the subscriptions of {topic} (sns:GetTopicAttributes)",
            lambda: self._open().get_topic_attributes(TopicArn=topic)["Attributes"],
            *("NotFound", "NotFoundException"),
        )
        if answer is None:
            return None
        return Subscribers(int(answer.get("SubscriptionsConfirmed", 0)), int(answer.get("SubscriptionsPending", 0)))
