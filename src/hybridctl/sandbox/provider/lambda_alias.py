"""Lambda: aws_lambda_alias."""

from typing import Any, ClassVar

from hybridctl.sandbox.provider.lambda_arns import invoke_arn, parts, same_function
from hybridctl.sandbox.provider.resource import Problem, ResourceCall, ResourceType
from hybridctl.sandbox.provider.values import Values


class AliasResource(ResourceType):
    type_name = "aws_lambda_alias"
    noun = "Lambda Alias"
    implements = frozenset({"description", "function_name", "function_version", "name", "routing_config"})
    force_new = frozenset({"function_name", "name"})
    equal: ClassVar = {"function_name": same_function}
    aws_names: ClassVar = {"arn": "AliasArn"}
    unreported = frozenset({"function_name"})

    def create(self, call: ResourceCall, planned: Values) -> str:
        return str(call.aws("lambda").create_alias(**self._request(planned))["AliasArn"])

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        alias = call.aws("lambda").get_alias(FunctionName=state["function_name"], Name=state["name"])
        arn = alias["AliasArn"]
        return {**self.report(alias), "id": arn, "invoke_arn": invoke_arn(call, arn)}

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        del prior, changed
        call.aws("lambda").update_alias(**self._request(planned))

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws("lambda").delete_alias(FunctionName=prior["function_name"], Name=prior["name"])

    def import_state(self, call: ResourceCall, identity: str) -> Values:
        del call
        function, _, name = identity.rpartition("/")
        if identity.startswith("arn:"):
            function, name = parts(identity)
        if not function or not name:
            raise Problem(f"unexpected format of ID ({identity}), expected FUNCTION_NAME/ALIAS")
        return {"id": identity, "function_name": function, "name": name}

    def _request(self, planned: Values) -> dict[str, Any]:
        """Everything: an alias without a description or weights loses those that it had."""
        request = {"Description": "", "RoutingConfig": {"AdditionalVersionWeights": {}}}
        return request | self.request(planned)


RESOURCES = (AliasResource(),)
