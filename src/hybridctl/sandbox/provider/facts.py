"""The data sources about the place itself: aws_caller_identity, aws_partition, aws_region."""

from functools import cache

from hybridctl.sandbox.provider.aws import partition_of
from hybridctl.sandbox.provider.resource import DataSource, Problem, ResourceCall
from hybridctl.sandbox.provider.values import Values
from hybridctl.service_models import open_shared_loader


class CallerIdentity(DataSource):
    type_name = "aws_caller_identity"
    noun = "STS Caller Identity"

    def read(self, call: ResourceCall, config: Values) -> Values:
        del config
        found = call.aws("sts").get_caller_identity()
        account = found["Account"]
        return {"id": account, "account_id": account, "arn": found["Arn"], "user_id": found["UserId"]}


class Partition(DataSource):
    type_name = "aws_partition"
    noun = "Partition"

    def read(self, call: ResourceCall, config: Values) -> Values:
        del config
        name, suffix = partition_of(call.region)
        reverse = ".".join(reversed(suffix.split(".")))
        return {"id": name, "partition": name, "dns_suffix": suffix, "reverse_dns_prefix": reverse}


class Region(DataSource):
    type_name = "aws_region"
    noun = "Region"
    implements = frozenset({"endpoint", "name"})

    def read(self, call: ResourceCall, config: Values) -> Values:
        endpoint = config["endpoint"]
        name = config["name"] or (endpoint.split(".")[1] if endpoint else call.region)
        description = _regions().get(name)
        if description is None:
            raise Problem(f"finding Region using name: {name} is no region of AWS")
        suffix = partition_of(name)[1]
        return {"id": name, "name": name, "endpoint": f"ec2.{name}.{suffix}", "description": description}


@cache
def _regions() -> dict[str, str]:
    """Every region's description, by name, as botocore's endpoint data has them."""
    partitions = open_shared_loader().load_data("endpoints")["partitions"]
    return {name: entry["description"] for found in partitions for name, entry in found["regions"].items()}


DATA_SOURCES = (CallerIdentity(), Partition(), Region())
