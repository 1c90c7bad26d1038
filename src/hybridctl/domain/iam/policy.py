"""IAM policies as documents, and AWS's limits for them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hybridctl.domain.iam.grants import Grant, Reach

VERSION = "2012-10-17"
# IAM does not count white space. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MANAGED_POLICY_LIMIT = 6_144
INLINE_POLICIES_LIMIT = 10_240  # for all inline policies of a role

Document = Mapping[str, Any]


def document(grants: Iterable[Grant]) -> Document:
    return {"Version": VERSION, "Statement": [statement(grant) for grant in grants]}


def statement(grant: Grant) -> dict[str, Any]:
    condition = {"Condition": dict(grant.condition)} if grant.condition else {}
    return {
        "Sid": grant.sid,
        "Effect": "Allow",
        "Action": list(grant.actions),
        "Resource": [resource.pattern for resource in grant.resources],
        **condition,
    }


def select(grants: Iterable[Grant], *reaches: Reach) -> list[Grant]:
    return [grant for grant in grants if grant.reach in reaches]


def size(policy: Document) -> int:
    """Return the size of a policy in characters, as IAM counts it."""
    return len(canonical(policy))


def canonical(policy: Any) -> str:
    """Return the same text for equivalent policies."""
    return json.dumps(policy, sort_keys=True, separators=(",", ":"))


def same_policy(one: Document, other: Document) -> bool:
    return canonical(one) == canonical(other)


def split(policy: Document) -> Sequence[Document]:
    """Split the statements into managed policies within the size limit, in order."""
    parts: list[list[Any]] = [[]]
    for each in policy["Statement"]:
        if parts[-1] and size({"Version": VERSION, "Statement": [*parts[-1], each]}) > MANAGED_POLICY_LIMIT:
            parts.append([])
        parts[-1].append(each)
    return [{"Version": VERSION, "Statement": part} for part in parts]
