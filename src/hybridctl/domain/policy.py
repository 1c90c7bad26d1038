"""What a plan must not do unless it is named with `--allow`: the rules, in one place."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from hybridctl.domain.changes import Action, Changes, read_changes


@dataclass(frozen=True, slots=True)
class Refusal:
    """One resource that one rule refuses; `allow` is what to type after `--allow`."""

    rule: str
    address: str
    why: str

    @property
    def allow(self) -> str:
        return f"{self.rule}:{self.address}"


_KEPT = {
    "aws_dynamodb_table": ("table-destroyed", "its items would be lost"),
    "aws_cloudwatch_log_group": ("log-group-destroyed", "its log events would be lost"),
    "aws_lambda_alias": ("alias-destroyed", "the API would have nothing to call"),
}


def refusals(plan: Mapping[str, Any], *, allowed: Collection[str] = (), destroying: bool = False) -> list[Refusal]:
    """The refusals of a plan's JSON, less those named in `allowed`; `destroying` is `destroy`, meant to delete."""
    changes = read_changes(plan)
    rules: list[Callable[[Changes, Mapping[str, Any]], list[Refusal]]] = [protection_lifted]
    if not destroying:
        rules.append(kept_resources)
    found = [refusal for rule in rules for refusal in rule(changes, plan)]
    return [refusal for refusal in found if refusal.allow not in allowed]


def kept_resources(changes: Changes, _plan: Mapping[str, Any]) -> list[Refusal]:
    """Tables, log groups and the alias are neither deleted nor replaced by a deploy."""
    return [
        Refusal(_KEPT[change.type][0], change.address, f"to {change.action}: {_KEPT[change.type][1]}")
        for change in changes.resources
        if change.type in _KEPT and change.action in (Action.DELETE, Action.REPLACE)
    ]


def protection_lifted(_changes: Changes, plan: Mapping[str, Any]) -> list[Refusal]:
    """A table keeps its deletion protection until that is lifted in a release of its own, named."""
    return [
        Refusal("protection-lifted", raw["address"], "deletion protection would be switched off")
        for raw in plan.get("resource_changes", ())
        if raw["type"] == "aws_dynamodb_table"
        and (raw["change"].get("before") or {}).get("deletion_protection_enabled")
        and raw["change"].get("after") is not None
        and not raw["change"]["after"].get("deletion_protection_enabled")
    ]


def protected_tables(plan: Mapping[str, Any]) -> list[str]:
    """Addresses of tables that a plan would delete and that AWS itself would refuse to delete."""
    return [
        raw["address"]
        for raw in plan.get("resource_changes", ())
        if raw["type"] == "aws_dynamodb_table"
        and "delete" in raw["change"]["actions"]
        and (raw["change"].get("before") or {}).get("deletion_protection_enabled")
    ]
