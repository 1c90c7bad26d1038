"""A log group, found by its whole name."""

import boto3
from moto import mock_aws

from adapters.aws.test_http_apis import KEYS
from hybridctl.adapters.aws.log_groups import CloudWatchLogGroups


@mock_aws
def test_a_log_group_is_found_by_its_whole_name():
    aws = boto3.client("logs", **KEYS)
    aws.create_log_group(logGroupName="/aws/lambda/f-other")
    groups = CloudWatchLogGroups(lambda: aws)
    assert groups.group("/aws/lambda/f") is None
    aws.create_log_group(logGroupName="/aws/lambda/f")
    aws.put_retention_policy(logGroupName="/aws/lambda/f", retentionInDays=7)
    found = groups.group("/aws/lambda/f")
    assert found is not None
    assert found.retention == 7
