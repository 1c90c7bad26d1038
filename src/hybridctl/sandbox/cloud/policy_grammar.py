"""Find what IAM refuses in a policy document, with its messages.

Source: IAM/latest/UserGuide/reference_policies_grammar.html and reference_policies_elements_sid.html; the order and the
messages are those that moto's authors recorded from IAM (moto/iam/policy_validation.py), which tests compare.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Statement = Mapping[str, Any]

VERSION = "2012-10-17"
_TOP = {"Version", "Id", "Statement"}
_NEGATABLE = ("Action", "Resource", "Principal")
_ELEMENTS = {"Sid", "Effect", "Condition", *_NEGATABLE, *(f"Not{name}" for name in _NEGATABLE)}
_TOO_OLD = f"Policy document must be version {VERSION} or greater."
_SYNTAX = "Syntax errors in policy."
_SID = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
_OPERATOR = re.compile(
    r"(ForAnyValue:|ForAllValues:)?"
    r"(String(Not)?(Equals(IgnoreCase)?|Like)|(Numeric|Date)((Not)?Equals|(LessThan|GreaterThan)(Equals)?)|Bool"
    r"|BinaryEquals|(Not)?IpAddress|Arn(Not)?(Equals|Like)|Null)(IfExists)?",
    re.IGNORECASE,
)
_VENDOR = re.compile(r"[A-Za-z0-9.-]+|\*")


def find_fault(document: str, *, is_trust: bool = False) -> str:
    """Return why IAM refuses a policy of an identity, or the trust policy of a role; "" if it does not."""
    try:
        policy = json.loads(document)
    except (ValueError, RecursionError):
        return _SYNTAX
    statements = _read_statements(policy)
    if statements is None:
        return _SYNTAX
    faults = (
        "" if is_trust or policy.get("Version") == VERSION else _TOO_OLD,
        _check_sids(statements),
        "" if all(_list(each, "Action") for each in statements) else "Policy statement must contain actions.",
        *(_check_resource(name) for each in statements for name in _list(each, "Resource")),
        *(_check_action(name) for each in statements for name in _list(each, "Action")),
        _check_trust(statements) if is_trust else _check_identity(statements),
    )
    return next((fault for fault in faults if fault), "")


def _read_statements(policy: Any) -> Sequence[Statement] | None:
    """Return the statements; None if the document breaks the grammar."""
    if not isinstance(policy, Mapping) or policy.keys() - _TOP:
        return None
    if policy.get("Version", VERSION) not in (VERSION, "2008-10-17"):
        return None
    found = policy.get("Statement")
    statements = [found] if isinstance(found, Mapping) else found
    if not isinstance(statements, list) or not all(_is_statement(each) for each in statements):
        return None
    return statements


def _is_statement(found: Any) -> bool:
    if not isinstance(found, Mapping) or found.keys() - _ELEMENTS or found.get("Effect") not in ("Allow", "Deny"):
        return False
    if any(name in found and f"Not{name}" in found for name in _NEGATABLE):
        return False
    texts = [value for name in ("Action", "Resource") for value in _list(found, name)]
    conditions = found.get("Condition", {})
    return (
        isinstance(found.get("Sid", ""), str)
        and all(isinstance(each, str) for each in texts)
        and isinstance(conditions, Mapping)
        and all(isinstance(keys, Mapping) and _OPERATOR.fullmatch(name) for name, keys in conditions.items())
    )


def _list(statement: Statement, name: str) -> list[Any]:
    value = statement.get(name, statement.get(f"Not{name}", []))
    return value if isinstance(value, list) else [value]


def _check_sids(statements: Sequence[Statement]) -> str:
    ids = [each["Sid"] for each in statements if each.get("Sid")]
    if len(set(ids)) < len(ids):
        return "Statement IDs (SID) in a single policy must be unique."
    return "" if all(each.isascii() and each.isalnum() for each in ids) else _SID


def _check_resource(name: str) -> str:
    if name == "*":
        return ""
    parts = name.split(":")
    if len(parts) == 1:
        return f'Resource {name} must be in ARN format or "*".'
    if parts[1] not in ("*", "aws", "aws-cn", "aws-us-gov") and not parts[1].startswith("aws-"):
        more = [*parts[2:], "*", "*", "*", "*"][: max(4, len(parts) - 2)]
        return f'Partition "{parts[1]}" is not valid for resource "arn:{parts[1]}:{":".join(more)}".'
    return "" if len(parts) > 2 else "Resource vendor must be fully qualified and cannot contain regexes."


def _check_action(name: str) -> str:
    vendor, *rest = name.split(":")
    if not rest:
        return "" if name == "*" else "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    if len(rest) > 1:
        return "Actions/Condition can contain only one colon."
    return "" if _VENDOR.fullmatch(vendor) else f"Vendor {vendor} is not valid"


def _check_identity(statements: Sequence[Statement]) -> str:
    if any("Principal" in each or "NotPrincipal" in each for each in statements):
        return "Policy document should not specify a principal."
    return "" if all(_list(each, "Resource") for each in statements) else "Policy statement must contain resources."


def _check_trust(statements: Sequence[Statement]) -> str:
    if any("Resource" in each or "NotResource" in each for each in statements):
        return "Has prohibited field Resource."
    if any("Principal" not in each for each in statements):
        return "Missing required field Principal"
    actions = [name.lower() for each in statements for name in _list(each, "Action")]
    is_sts = all(name == "*" or name.startswith("sts:") for name in actions)
    return "" if is_sts else "AssumeRole policy may only specify STS AssumeRole actions."


def list_trusted_services(document: str) -> Iterator[str]:
    """Yield the services that a role's trust policy names."""
    try:
        statements = _read_statements(json.loads(document)) or ()
    except ValueError:
        return
    for each in statements:
        principal = each.get("Principal")
        if each["Effect"] == "Allow" and isinstance(principal, Mapping):
            named = principal.get("Service", [])
            yield from named if isinstance(named, list) else [named]
