"""Partitions and their regions, with botocore as the witness."""

import pytest

from hybridctl.adapters.aws.partition import partition_of
from hybridctl.errors import ConfigurationInvalid


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        *(("us-east-1", "aws"), ("eu-central-2", "aws"), ("us-gov-west-1", "aws-us-gov"), ("cn-northwest-1", "aws-cn")),
        ("xx-nowhere-1", None),
        ("us-iso-east-1", None),
    ],
)
def test_the_partition_is_botocores_and_others_are_refused_by_name(region: str, partition: str | None):
    if partition:
        assert partition_of(region) == partition
        return
    with pytest.raises(ConfigurationInvalid, match=region):
        partition_of(region)
