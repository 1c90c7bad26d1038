"""HCL for the function's role with its policies, and its log group, if no other function uses them."""

import json

from hybridctl.domain.existing.function import LiveFunction
from hybridctl.domain.existing.hcl import HclBlock, Raw
from hybridctl.domain.existing.parts import Found, label_each, unless_rehearsed

_RETENTION_DAYS = 30  # for a log group that does not exist yet


def render_group(function: LiveFunction) -> Found:
    group = function.group
    if not function.owns_group:
        return
    arguments = {
        "name": group.name,
        "retention_in_days": (group.retention or None) if group.exists else _RETENTION_DAYS,
        "kms_key_id": unless_rehearsed(group.kms_key),
        "tags": group.tags or None,
    }
    identity = {"aws_cloudwatch_log_group.function": group.name} if group.exists else {}
    yield HclBlock('resource "aws_cloudwatch_log_group" "function"', arguments), identity


def render_role(function: LiveFunction) -> Found:
    role = function.role
    if not function.owns_role:
        return
    arguments = {
        "name": role.name,
        "path": role.path if role.path != "/" else None,
        "description": role.description or None,
        "max_session_duration": role.max_session if role.max_session != 3600 else None,
        "permissions_boundary": role.boundary or None,
        "assume_role_policy": Raw('file("${path.module}/policies/assume-role.json")'),
        "tags": role.tags or None,
    }
    yield HclBlock('resource "aws_iam_role" "function"', arguments), {"aws_iam_role.function": role.name}
    labels = label_each(one.name for one in role.inline)
    for one in role.inline:
        label = labels[one.name]
        policy = Raw(f'file("${{path.module}}/policies/{label}.json")')
        yield (
            HclBlock(
                f'resource "aws_iam_role_policy" "{label}"',
                {"name": one.name, "role": Raw("aws_iam_role.function.id"), "policy": policy},
            ),
            {f"aws_iam_role_policy.{label}": f"{role.name}:{one.name}"},
        )


def render_attachments(function: LiveFunction) -> Found:
    if not function.owns_role:
        return
    labels = label_each(arn.rpartition("/")[2] for arn in function.role.attached)
    for arn in function.role.attached:
        label = labels[arn.rpartition("/")[2]]
        yield (
            HclBlock(
                f'resource "aws_iam_role_policy_attachment" "{label}"',
                {"role": Raw("aws_iam_role.function.name"), "policy_arn": arn},
            ),
            {f"aws_iam_role_policy_attachment.{label}": f"{function.role.name}/{arn}"},
        )


def render_policies(function: LiveFunction) -> dict[str, str]:
    if not function.owns_role:
        return {}
    role = function.role
    labels = label_each(one.name for one in role.inline)
    texts = {"assume-role": role.trust} | {labels[one.name]: one.document for one in role.inline}
    return {name: json.dumps(json.loads(text), indent=2) + "\n" for name, text in texts.items()}
