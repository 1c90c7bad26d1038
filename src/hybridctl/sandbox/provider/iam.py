"""IAM: aws_iam_role, its inline aws_iam_role_policy, and aws_iam_role_policy_attachment."""

import json
import secrets
from typing import Any, ClassVar
from urllib.parse import unquote

from hybridctl.sandbox.provider.generated_names import choose_name
from hybridctl.sandbox.provider.json_text import normalise, version_first
from hybridctl.sandbox.provider.resource import Problem, ResourceCall, ResourceType
from hybridctl.sandbox.provider.tag_calls import TagCalls
from hybridctl.sandbox.provider.values import Values, json_same


def _document(found: Any) -> str:
    return json.dumps(found) if isinstance(found, dict) else unquote(found)


class RoleResource(ResourceType):
    type_name = "aws_iam_role"
    noun = "IAM Role"
    implements = frozenset(
        {
            "assume_role_policy",
            "description",
            "force_detach_policies",
            "max_session_duration",
            "name",
            "name_prefix",
            "path",
            "permissions_boundary",
        }
    )
    defaults: ClassVar = {"force_detach_policies": False, "max_session_duration": 3600, "path": "/"}
    force_new = frozenset({"name", "name_prefix", "path"})
    computed_blocks = frozenset({"inline_policy"})
    equal: ClassVar = {"assume_role_policy": json_same}
    conflicts = (("name", "name_prefix"),)
    documents: ClassVar = {"assume_role_policy": normalise}
    ranges: ClassVar = {"max_session_duration": (3600, 43200)}
    aws_names: ClassVar = {
        "assume_role_policy": "AssumeRolePolicyDocument",
        "name": "RoleName",
        "unique_id": "RoleId",
    }
    missing = frozenset({"NoSuchEntity"})
    tagging = TagCalls("iam", "RoleName", "id", read="list_role_tags", add="tag_role", remove="untag_role")

    def create(self, call: ResourceCall, planned: Values) -> str:
        asked = self.request(planned, self.implements - {"force_detach_policies", "name_prefix"})
        asked |= {"RoleName": choose_name(planned), "Tags": self.tagging.write(planned["tags_all"])}
        return str(call.aws("iam").create_role(**asked)["Role"]["RoleName"])

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        iam, name = call.aws("iam"), state["id"]
        role = iam.get_role(RoleName=name)["Role"]
        attached = iam.get_paginator("list_attached_role_policies").paginate(RoleName=name)
        return {
            **self.report({"MaxSessionDuration": 3600, **role}),
            "name_prefix": state["name_prefix"] or "",
            "force_detach_policies": state["force_detach_policies"],
            "assume_role_policy": normalise(_document(role["AssumeRolePolicyDocument"])),
            "create_date": role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "permissions_boundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
            "managed_policy_arns": [entry["PolicyArn"] for page in attached for entry in page["AttachedPolicies"]],
            "inline_policy": [
                {"name": entry, "policy": version_first(_inline(iam, name, entry))}
                for entry in _inline_names(iam, name)
            ],
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        iam, name = call.aws("iam"), prior["id"]
        if "assume_role_policy" in changed:
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=planned["assume_role_policy"])
        if changed & {"description", "max_session_duration"}:
            iam.update_role(
                RoleName=name,
                Description=planned["description"] or "",
                MaxSessionDuration=planned["max_session_duration"],
            )
        if "permissions_boundary" in changed:
            if planned["permissions_boundary"]:
                iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=planned["permissions_boundary"])
            else:
                iam.delete_role_permissions_boundary(RoleName=name)

    def delete(self, call: ResourceCall, prior: Values) -> None:
        iam, name = call.aws("iam"), prior["id"]
        if prior["force_detach_policies"]:
            for arn in prior["managed_policy_arns"] or []:
                iam.detach_role_policy(RoleName=name, PolicyArn=arn)
            for entry in _inline_names(iam, name):
                iam.delete_role_policy(RoleName=name, PolicyName=entry)
        iam.delete_role(RoleName=name)

    def import_state(self, call: ResourceCall, identity: str) -> Values:
        del call
        return {"id": identity, "force_detach_policies": False}


class RolePolicy(ResourceType):
    type_name = "aws_iam_role_policy"
    noun = "IAM Role Policy"
    implements = frozenset({"name", "name_prefix", "policy", "role"})
    force_new = frozenset({"name", "name_prefix", "role"})
    equal: ClassVar = {"policy": json_same}
    conflicts = (("name", "name_prefix"),)
    documents: ClassVar = {"policy": version_first}
    missing = frozenset({"NoSuchEntity"})

    def create(self, call: ResourceCall, planned: Values) -> str:
        name = choose_name(planned)
        call.aws("iam").put_role_policy(RoleName=planned["role"], PolicyName=name, PolicyDocument=planned["policy"])
        return f"{planned['role']}:{name}"

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        role, name = state["id"].split(":", 1)
        policy = version_first(_inline(call.aws("iam"), role, name))
        return {"name": name, "name_prefix": state["name_prefix"] or "", "role": role, "policy": policy}

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        del changed
        role, name = prior["id"].split(":", 1)
        call.aws("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=planned["policy"])

    def delete(self, call: ResourceCall, prior: Values) -> None:
        role, name = prior["id"].split(":", 1)
        call.aws("iam").delete_role_policy(RoleName=role, PolicyName=name)

    def import_state(self, call: ResourceCall, identity: str) -> Values:
        del call
        if ":" not in identity:
            raise Problem(f"unexpected format of ID ({identity}), expected <role name>:<policy name>")
        return {"id": identity}


class RolePolicyAttachment(ResourceType):
    type_name = "aws_iam_role_policy_attachment"
    noun = "IAM Role Policy Attachment"
    names = ("role", "policy_arn")
    implements = frozenset({"policy_arn", "role"})
    force_new = implements
    missing = frozenset({"NoSuchEntity"})

    def create(self, call: ResourceCall, planned: Values) -> str:
        call.aws("iam").attach_role_policy(RoleName=planned["role"], PolicyArn=planned["policy_arn"])
        return f"{planned['role']}-{secrets.token_hex(13)}"

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        pages = call.aws("iam").get_paginator("list_attached_role_policies").paginate(RoleName=state["role"])
        arns = [entry["PolicyArn"] for page in pages for entry in page["AttachedPolicies"]]
        return {"role": state["role"], "policy_arn": state["policy_arn"]} if state["policy_arn"] in arns else None

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws("iam").detach_role_policy(RoleName=prior["role"], PolicyArn=prior["policy_arn"])

    def import_state(self, call: ResourceCall, identity: str) -> Values:
        del call
        role, _, arn = identity.partition("/")
        if not role or not arn:
            raise Problem(f"unexpected format of ID ({identity}), expected <role-name>/<policy_arn>")
        return {"id": f"{role}-{arn}", "role": role, "policy_arn": arn}


def _inline_names(iam: Any, role: str) -> list[str]:
    pages = iam.get_paginator("list_role_policies").paginate(RoleName=role)
    return [name for page in pages for name in page["PolicyNames"]]


def _inline(iam: Any, role: str, name: str) -> str:
    return _document(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"])


RESOURCES = (RoleResource(), RolePolicy(), RolePolicyAttachment())
