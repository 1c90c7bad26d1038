"""Lambda: aws_lambda_provisioned_concurrency_config."""

from typing import Any, ClassVar

from hybridctl.sandbox.provider.resource import Problem, ResourceCall, ResourceType
from hybridctl.sandbox.provider.values import Values

EXECUTIONS = "provisioned_concurrent_executions"


class ProvisionedConcurrency(ResourceType):
    type_name = "aws_lambda_provisioned_concurrency_config"
    noun = "Lambda Provisioned Concurrency Config"
    names = ("id", "function_name")
    implements = frozenset({"function_name", EXECUTIONS, "qualifier", "skip_destroy"})
    defaults: ClassVar = {"skip_destroy": False}
    force_new = frozenset({"function_name", "qualifier"})
    ranges: ClassVar = {EXECUTIONS: (1, None)}
    missing = frozenset({"ProvisionedConcurrencyConfigNotFoundException", "ResourceNotFoundException"})

    def create(self, call: ResourceCall, planned: Values) -> str:
        identity = f"{planned['function_name']},{planned['qualifier']}"
        _put(call, identity, planned[EXECUTIONS])
        return identity

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        where = _where(state["id"])
        found = call.aws("lambda").get_provisioned_concurrency_config(**where)
        return {
            "function_name": where["FunctionName"],
            "qualifier": where["Qualifier"],
            EXECUTIONS: found["AllocatedProvisionedConcurrentExecutions"],
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        if EXECUTIONS in changed:
            _put(call, prior["id"], planned[EXECUTIONS])

    def delete(self, call: ResourceCall, prior: Values) -> None:
        if not prior["skip_destroy"]:
            call.aws("lambda").delete_provisioned_concurrency_config(**_where(prior["id"]))

    def import_state(self, call: ResourceCall, identity: str) -> Values:
        del call
        _where(identity)
        return {"id": identity, "skip_destroy": False}


def _where(identity: str) -> dict[str, str]:
    function, _, qualifier = identity.partition(",")
    if not function or not qualifier:
        raise Problem(f"unexpected format of ID ({identity}), expected FUNCTION_NAME,QUALIFIER")
    return {"FunctionName": function, "Qualifier": qualifier}


def _put(call: ResourceCall, identity: str, executions: int) -> None:
    """Asks for the environments and waits until they are ready."""
    client, where = call.aws("lambda"), _where(identity)
    client.put_provisioned_concurrency_config(**where, ProvisionedConcurrentExecutions=executions)
    call.note_created(identity)

    def ready() -> bool:
        found: dict[str, Any] = client.get_provisioned_concurrency_config(**where)
        if found["Status"] == "FAILED":
            reason = found.get("StatusReason", "no reason given")
            raise Problem(f"waiting for Lambda Provisioned Concurrency Config ({identity}): {reason}")
        return bool(found["Status"] == "READY")

    call.wait(ready, f"Lambda Provisioned Concurrency Config ({identity}) to be READY", 900.0)


RESOURCES = (ProvisionedConcurrency(),)
