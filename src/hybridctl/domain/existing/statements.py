"""The resource policy of a function that exists already: who may call it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hybridctl.domain.http_api import several


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of the function's resource policy that Terraform can describe. `qualifier` is "" or the alias."""

    sid: str
    action: str
    principal: str
    qualifier: str = ""
    source_arn: str = ""
    source_account: str = ""


def qualifier_of(arn: str) -> str:
    """Return the alias or version at the end of a function's ARN or invoke ARN, or "" if there is none."""
    match = re.search(r":function:[\w-]+(?::([\w$-]+))?(?:/invocations)?$", arn)
    return (match[1] or "") if match else ""


def read_statements(policy: Mapping[str, Any], qualifier: str) -> Iterator[Statement | str]:
    """Yield each statement of a resource policy, or only its Sid if `aws_lambda_permission` cannot describe it.

    Statements for another qualifier are skipped: the policy of the function can contain them too.
    """
    for raw in several(policy.get("Statement")):
        if qualifier_of(str(raw.get("Resource", ""))) != qualifier:
            continue
        yield _statement(raw, qualifier) or str(raw.get("Sid", "a statement without a name"))


def _statement(raw: Mapping[str, Any], qualifier: str) -> Statement | None:
    principal, action = raw.get("Principal"), raw.get("Action")
    if isinstance(principal, Mapping):
        principal = principal.get("Service") or principal.get("AWS")
    if raw.get("Effect") != "Allow" or not isinstance(principal, str) or not isinstance(action, str):
        return None
    conditions = {}
    for operator, operands in (raw.get("Condition") or {}).items():
        for key, value in operands.items():
            conditions[operator, key.lower()] = value
    arn, account = (
        conditions.pop(("ArnLike", "aws:sourcearn"), ""),
        conditions.pop(("StringEquals", "aws:sourceaccount"), ""),
    )
    if conditions or not isinstance(arn, str) or not isinstance(account, str) or "Sid" not in raw:
        return None
    return Statement(raw["Sid"], action, principal, qualifier, arn, account)
