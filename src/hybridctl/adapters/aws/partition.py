"""The AWS partition of a region, from botocore's table."""

import re
from typing import Any

from hybridctl.errors import ConfigurationInvalid

SUPPORTED = ("aws", "aws-us-gov", "aws-cn")


def partition_of(region: str) -> str:
    """Return the partition of `region`. Raises ConfigurationInvalid if hybridctl does not support it or AWS has no such
    region.
    """
    from botocore.loaders import Loader

    table: Any = Loader().load_data("partitions")
    for partition in table["partitions"]:
        if region in partition["regions"] or re.fullmatch(partition["regionRegex"], region):
            name = str(partition["id"])
            if name not in SUPPORTED:
                raise ConfigurationInvalid(
                    f"region {region} is in the partition {name}, which hybridctl does not support",
                    hint=f"choose a region in {', '.join(SUPPORTED)}",
                )
            return name
    raise ConfigurationInvalid(f"AWS has no region {region!r}", hint="correct `region` in hybridctl.toml")
