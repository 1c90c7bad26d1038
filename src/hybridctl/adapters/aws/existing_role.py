"""The role and the log group of a Lambda function that exists, through boto3."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from hybridctl.adapters.aws.function_reader import FunctionReader, leave_out_aws
from hybridctl.domain.existing.function import Group, InlinePolicy, Role


def read_role(reader: FunctionReader, arn: str) -> tuple[Role, str]:
    """Return the role and why Terraform will not manage it, "" if only this function uses it."""
    name = arn.rpartition("/")[2]
    users = [
        one["FunctionName"]
        for one in reader.pages("lambda", "list_functions", "Functions")
        if one["Role"] == arn and one["FunctionName"] != reader.name
    ]
    found = reader.find("iam", "get_role", RoleName=name)
    if found is None or users:
        why = f"also that of {', '.join(users[:4])}" if users else "it cannot be read"
        return Role(arn, name, users=tuple(users)), why
    role = found["Role"]
    inline = [
        InlinePolicy(one, _document(reader.call("iam", "get_role_policy", RoleName=name, PolicyName=one)))
        for one in reader.pages("iam", "list_role_policies", "PolicyNames", RoleName=name)
    ]
    attached = reader.pages("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=name)
    tags = reader.find("iam", "list_role_tags", RoleName=name) or {}
    known = Role(
        arn,
        name,
        role["Path"],
        _document(role, "AssumeRolePolicyDocument"),
        role.get("Description", ""),
        role.get("MaxSessionDuration", 3600),
        role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
        leave_out_aws({tag["Key"]: tag["Value"] for tag in tags.get("Tags", ())}),
        tuple(inline),
        tuple(one["PolicyArn"] for one in attached),
    )
    return known, ""


def read_group(reader: FunctionReader, name: str) -> Group:
    pages = reader.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name)
    found = next((one for one in pages if one["logGroupName"] == name), None)
    if found is None:
        return Group(name, exists=False)
    arn = str(found["arn"]).removesuffix(":*")
    tags = (reader.find("logs", "list_tags_for_resource", resourceArn=arn) or {}).get("tags", {})
    return Group(name, True, found.get("retentionInDays", 0), found.get("kmsKeyId", ""), leave_out_aws(tags))


def _document(answer: Mapping[str, Any], member: str = "PolicyDocument") -> str:
    """A policy as text; botocore parses some answers and not others."""
    policy = answer[member]
    return json.dumps(policy) if isinstance(policy, dict) else unquote(policy)
