"""IAM's decision on identity policies, by moto's evaluator."""

import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult

Document = Mapping[str, Any]


class Policies:
    """What the policies of one principal decide together; conditions by `context`, where moto looks at none.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        statements = [statement for document in documents for statement in document["Statement"]]
        self._statements = [(IAMPolicy(_alone(one)), one.get("Condition", {})) for one in statements]

    def allow(self, action: str, resource: str, context: Mapping[str, str] | None = None) -> bool:
        decisions = [
            policy.is_action_permitted(action, resource)
            for policy, condition in self._statements
            if _meets(condition, context or {})
        ]
        return PermissionResult.DENIED not in decisions and PermissionResult.PERMITTED in decisions


def _alone(statement: Document) -> str:
    """The statement as a policy of its own, without its condition."""
    kept = {key: value for key, value in statement.items() if key != "Condition"}
    return json.dumps({"Version": "2012-10-17", "Statement": [kept]})


def _meets(condition: Mapping[str, Mapping[str, str | Sequence[str]]], context: Mapping[str, str]) -> bool:
    for operator, tests in condition.items():
        for key, wanted in tests.items():
            values = [wanted] if isinstance(wanted, str) else wanted
            found = context.get(key)
            if operator == "StringEquals":
                met = found in values
            elif operator == "StringLike":
                met = found is not None and any(fnmatchcase(found, value) for value in values)
            else:
                raise NotImplementedError(operator)
            if not met:
                return False
    return True
