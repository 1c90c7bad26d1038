"""Subscribers of an SNS topic."""

import boto3
from moto import mock_aws

from adapters.aws.test_http_apis import KEYS
from hybridctl.adapters.aws.topics import SnsTopics
from hybridctl.domain.alarms import Subscribers


@mock_aws
def test_subscribers_are_counted_and_a_topic_that_is_gone_is_none():
    aws = boto3.client("sns", **KEYS)
    topic = aws.create_topic(Name="alarms")["TopicArn"]
    topics = SnsTopics(lambda: aws)
    assert topics.subscribers(topic) == Subscribers(0, 0)
    assert topics.subscribers(f"{topic}-gone") is None
