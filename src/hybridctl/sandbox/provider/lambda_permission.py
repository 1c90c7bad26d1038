"""Lambda: aws_lambda_permission, one statement of a function's policy."""

import json
from typing import Any

from hybridctl.sandbox.provider.generated_names import choose_name, prefix_of
from hybridctl.sandbox.provider.lambda_arns import parts
from hybridctl.sandbox.provider.resource import Problem, ResourceCall, ResourceType
from hybridctl.sandbox.provider.values import Values

MEMBERS = ("action", "function_name", "principal", "qualifier", "source_account", "source_arn")


class Permission(ResourceType):
    type_name = "aws_lambda_permission"
    noun = "Lambda Permission"
    names = ("statement_id", "function_name")
    implements = frozenset({*MEMBERS, "statement_id", "statement_id_prefix"})
    force_new = implements
    conflicts = (("statement_id", "statement_id_prefix"),)

    def create(self, call: ResourceCall, planned: Values) -> str:
        identity = choose_name(planned, "statement_id")
        call.aws("lambda").add_permission(StatementId=identity, **self.request(planned, MEMBERS))
        return identity

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        statement = _statement(call, state)
        if statement is None:
            return None
        name, qualifier = parts(statement["Resource"])
        by_arn = str(state["function_name"]).startswith("arn:")
        condition = statement.get("Condition", {})
        return {
            "action": statement["Action"],
            "function_name": statement["Resource"].removesuffix(f":{qualifier}") if by_arn else name,
            "principal": _principal(statement["Principal"]),
            "qualifier": qualifier,
            "source_account": condition.get("StringEquals", {}).get("AWS:SourceAccount", ""),
            "source_arn": condition.get("ArnLike", {}).get("AWS:SourceArn", ""),
            "statement_id": statement["Sid"],
            "statement_id_prefix": prefix_of(statement["Sid"]),
        }

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws("lambda").remove_permission(StatementId=prior["id"], **_where(prior))

    def import_state(self, call: ResourceCall, identity: str) -> Values:
        del call
        function, _, statement = identity.partition("/")
        if not function or not statement or "/" in statement:
            wanted = "FUNCTION_NAME/STATEMENT_ID or FUNCTION_NAME:QUALIFIER/STATEMENT_ID"
            raise Problem(f'unexpected format of ID ("{identity}"), expected {wanted}')
        name, qualifier = parts(function)
        return {"id": statement, "function_name": name, "qualifier": qualifier, "statement_id": statement}


def _where(state: Values) -> dict[str, Any]:
    qualifier = {"Qualifier": state["qualifier"]} if state["qualifier"] else {}
    return {"FunctionName": state["function_name"], **qualifier}


def _statement(call: ResourceCall, state: Values) -> dict[str, Any] | None:
    """The statement in the policy of the function or, with a qualifier, of its version or alias."""
    policy = json.loads(call.aws("lambda").get_policy(**_where(state))["Policy"])
    found: list[dict[str, Any]] = [entry for entry in policy["Statement"] if entry["Sid"] == state["id"]]
    return found[0] if found else None


def _principal(found: Any) -> str:
    return str(found.get("AWS") or found.get("Service")) if isinstance(found, dict) else str(found)


RESOURCES = (Permission(),)
