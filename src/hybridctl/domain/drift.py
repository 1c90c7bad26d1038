"""What was changed by hand: the difference between the state and the world, from a refresh-only plan's JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Moved by releases, on purpose and outside of Terraform.
_OURS = {"aws_lambda_alias": {"function_version", "routing_config"}}
# Filled in by AWS; nobody sets them, and each release changes them.
_REPORTED = {
    "aws_iam_role": {"inline_policy"},  # the role's own list of what aws_iam_role_policy manages
    "aws_lambda_function": {"last_modified", "version", "qualified_arn", "qualified_invoke_arn"},
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One attribute: what Terraform last knew, and what AWS says now, both as short JSON."""

    attribute: str
    known: str
    found: str


@dataclass(frozen=True, slots=True)
class Drifted:
    """One resource that is not as it was left; `gone` when it does not exist any more."""

    address: str
    gone: bool
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Drift:
    """Everything that drifted in one environment."""

    environment: str
    resources: tuple[Drifted, ...]


def read_drift(environment: str, plan: Mapping[str, Any]) -> Drift:
    """The drift in a plan's JSON, less what releases move and what AWS itself fills in."""
    found = [drifted for raw in plan.get("resource_drift", ()) if (drifted := _drifted(raw))]
    return Drift(environment, tuple(sorted(found, key=lambda one: one.address)))


def _drifted(raw: Mapping[str, Any]) -> Drifted | None:
    change = raw["change"]
    if "delete" in change["actions"]:
        return Drifted(raw["address"], gone=True)
    before, after = change.get("before") or {}, change.get("after") or {}
    passed_over = _OURS.get(raw["type"], set()) | _REPORTED.get(raw["type"], set()) | {"tags_all"}
    secret = {**(change.get("before_sensitive") or {}), **(change.get("after_sensitive") or {})}
    differences = tuple(
        Difference(name, *_shown(before.get(name), after.get(name), hidden=bool(secret.get(name))))
        for name in sorted({*before, *after} - passed_over)
        if not _same(before.get(name), after.get(name))
    )
    return Drifted(raw["address"], gone=False, differences=differences) if differences else None


def _same(known: Any, found: Any) -> bool:
    """Equal, or empty in two ways: null, "", [] and {} all say nothing."""
    return known == found or (not known and not found and not isinstance(known, bool) and known != 0 and found != 0)


def _shown(known: Any, found: Any, *, hidden: bool) -> tuple[str, str]:
    if hidden:
        return "(sensitive)", "(sensitive)"
    return json.dumps(known, ensure_ascii=False), json.dumps(found, ensure_ascii=False)
