"""The plan policy: the rules that a plan must follow unless `--allow` waives them."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hybridctl.domain.changes import Action, Changes, read_changes
from hybridctl.domain.deploy_rule import DeployRule
from hybridctl.domain.http_api import several
from hybridctl.domain.plan_json import find_planned
from hybridctl.domain.unproven_triggers import find_unproven_triggers


@dataclass(frozen=True, slots=True)
class Refusal:
    """A resource that a rule refuses. `allow` is the value for `--allow`."""

    rule: DeployRule
    address: str
    why: str

    @property
    def allow(self) -> str:
        return self.rule.allow(self.address)


_KEPT = {
    "aws_dynamodb_table": (DeployRule.TABLE_DESTROYED, "its items would be lost"),
    "aws_cloudwatch_log_group": (DeployRule.LOG_GROUP_DESTROYED, "its log events would be lost"),
    "aws_lambda_alias": (DeployRule.ALIAS_DESTROYED, "the API would have nothing to call"),
}

_POLICIES = ("aws_iam_policy", "aws_iam_policy_document", "aws_iam_role_policy", "aws_iam_user_policy")
_BLOCK = "aws_s3_bucket_public_access_block"
_BLOCKED = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


def refusals(plan: Mapping[str, Any], *, allowed: Collection[str] = ()) -> list[Refusal]:
    """Return the refusals of a plan's JSON, without those in `allowed`."""
    changes = read_changes(plan)
    rules = (protection_lifted, check_kept_resources, wildcard_actions, open_origins, public_buckets, unproven_triggers)
    refused = [refusal for rule in rules for refusal in rule(changes, plan)]
    return [refusal for refusal in refused if refusal.allow not in allowed]


def check_kept_resources(changes: Changes, _plan: Mapping[str, Any]) -> list[Refusal]:
    """Refuse to delete or replace tables, log groups and the alias."""
    return [
        Refusal(_KEPT[change.type][0], change.address, f"to {change.action}: {_KEPT[change.type][1]}")
        for change in changes.resources
        if change.type in _KEPT and change.action in (Action.DELETE, Action.REPLACE)
    ]


def find_unfinished(plan: Mapping[str, Any], *, allowed: Collection[str] = ()) -> list[str]:
    """Return the addresses of tables, log groups and aliases that a plan replaces only because their creation did not
    end well: Terraform marks them as tainted. Without those whose replacement is in `allowed`.
    """
    return [
        raw["address"]
        for raw in plan.get("resource_changes", ())
        if raw["type"] in _KEPT
        and raw.get("action_reason") == "replace_because_tainted"
        and _KEPT[raw["type"]][0].allow(raw["address"]) not in allowed
    ]


def protection_lifted(_changes: Changes, plan: Mapping[str, Any]) -> list[Refusal]:
    """Refuse to remove a table's deletion protection or backups. A release that removes them must name the table."""
    refused = []
    for address, before, after in _find_changes(plan, "aws_dynamodb_table"):
        lost = []
        if before.get("deletion_protection_enabled") and not after.get("deletion_protection_enabled"):
            lost.append("deletion protection would be switched off")
        if _recoverable(before) and not _recoverable(after):
            lost.append("its continuous backups would be lost")
        if lost:
            refused.append(Refusal(DeployRule.PROTECTION_LIFTED, address, " and ".join(lost)))
    return refused


def find_protected(plan: Mapping[str, Any]) -> list[str]:
    """Return the `--allow` values for a later plan that removes the protection of these tables, sorted."""
    return [
        DeployRule.PROTECTION_LIFTED.allow(address)
        for address, values in sorted(find_planned(plan, "aws_dynamodb_table"))
        if values.get("deletion_protection_enabled") or _recoverable(values)
    ]


def wildcard_actions(_changes: Changes, plan: Mapping[str, Any]) -> list[Refusal]:
    """Refuse policies that allow `*` or `service:*`, also in a document whose ARNs are known only after the apply."""
    refused = []
    for address, _, after in _find_changes(plan, *_POLICIES):
        wide = sorted({action for action in _find_allowed_actions(after) if "*" in action})
        if wide:
            refused.append(
                Refusal(DeployRule.WILDCARD_ACTION, address, f"allows {', '.join(wide)}: list the actions instead")
            )
    return refused


def open_origins(_changes: Changes, plan: Mapping[str, Any]) -> list[Refusal]:
    """Refuse an API that accepts credentials from every origin."""
    return [
        Refusal(DeployRule.OPEN_ORIGINS, address, "allows credentials from every origin: list the origins instead")
        for address, _, after in _find_changes(plan, "aws_apigatewayv2_api")
        for cors in after.get("cors_configuration") or ()
        if cors.get("allow_credentials") and "*" in (cors.get("allow_origins") or ())
    ]


def public_buckets(changes: Changes, plan: Mapping[str, Any]) -> list[Refusal]:
    """Refuse a public bucket: by its public access block, its ACL or its policy."""
    refused = [
        Refusal(DeployRule.PUBLIC_BUCKET, change.address, "public access to the bucket would no longer be blocked")
        for change in changes.resources
        if change.type == _BLOCK and change.action is Action.DELETE
    ]
    for address, _, after in _find_changes(plan, _BLOCK):
        off = sorted(name for name in _BLOCKED if after.get(name) is False)
        if off:
            refused.append(Refusal(DeployRule.PUBLIC_BUCKET, address, f"switches off {', '.join(off)}"))
    for address, _, after in _find_changes(plan, "aws_s3_bucket_acl", "aws_s3_bucket"):
        if str(after.get("acl") or "").startswith("public-"):
            refused.append(Refusal(DeployRule.PUBLIC_BUCKET, address, f"its ACL would be {after['acl']}"))
    for address, _, after in _find_changes(plan, "aws_s3_bucket_policy"):
        if any(_for_everybody(statement) for statement in _statements(after.get("policy"))):
            refused.append(Refusal(DeployRule.PUBLIC_BUCKET, address, "its policy would allow everyone"))
    return refused


def unproven_triggers(_changes: Changes, plan: Mapping[str, Any]) -> list[Refusal]:
    """Refuse a queue or schedule that does not invoke the alias and so could reach code that no release has proven."""
    why = "would invoke code that is not proven: name the alias, as aws_lambda_alias.live.arn"
    return [Refusal(DeployRule.UNPROVEN_TRIGGER, address, why) for address in find_unproven_triggers(plan)]


def _find_changes(plan: Mapping[str, Any], *types: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield address, values before and values after of each resource of these types that changes and still exists
    afterward.

    This includes data sources that Terraform can read only during the apply, with their known values.
    """
    for raw in plan.get("resource_changes", ()):
        change = raw["change"]
        if raw["type"] in types and change["actions"] != ["no-op"] and change.get("after") is not None:
            yield raw["address"], change.get("before") or {}, change["after"]


def _recoverable(table: Mapping[str, Any]) -> bool:
    return any(block.get("enabled") for block in table.get("point_in_time_recovery") or ())


def _find_allowed_actions(policy: Mapping[str, Any]) -> Iterator[str]:
    """Yield the allowed actions in a policy's JSON or a policy document's blocks. A NotAction statement counts as
    `*`.
    """
    for statement in _statements(policy.get("policy")):
        if statement.get("Effect") == "Allow":
            yield from ["*"] if "NotAction" in statement else several(statement.get("Action"))
    for block in policy.get("statement") or ():
        if (block.get("effect") or "Allow") == "Allow":
            yield from ["*"] if block.get("not_actions") else block.get("actions") or ()


def _statements(policy: object) -> list[dict[str, Any]]:
    """Return the statements of a JSON policy, or none if the policy is not known yet."""
    try:
        content = json.loads(policy) if isinstance(policy, str) else {}
    except ValueError:
        return []
    return [each for each in several(content.get("Statement") or []) if isinstance(each, dict)]


def _for_everybody(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    named = principal.get("AWS") if isinstance(principal, dict) else principal
    return statement.get("Effect") == "Allow" and "*" in several(named) and not statement.get("Condition")


def find_protected_tables(plan: Mapping[str, Any]) -> list[str]:
    """Return the addresses of tables that a plan would delete but AWS would refuse to delete."""
    return [
        raw["address"]
        for raw in plan.get("resource_changes", ())
        if raw["type"] == "aws_dynamodb_table"
        and "delete" in raw["change"]["actions"]
        and (raw["change"].get("before") or {}).get("deletion_protection_enabled")
    ]
