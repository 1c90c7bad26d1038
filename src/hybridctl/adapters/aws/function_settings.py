"""The function's settings and the account's limits."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.errors import explain_failures, read_optional
from hybridctl.domain.function import AccountLimits, Function, find_unread_variables

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient


class LambdaSettings:
    """The function `name` and its alias `alias`. The client is opened on first use."""

    def __init__(self, open_client: Callable[[], "LambdaClient"], *, name: str, alias: str) -> None:
        self._open = open_client
        self._name = name
        self._alias = alias

    def function(self) -> Function | None:
        """Return the settings that the alias serves, or None if the function or the alias does not exist."""
        return self._configuration(self._alias, with_reserved=True)

    def read_unpublished(self) -> Function | None:
        """Return the settings of $LATEST, which the next version would have, or None if the function does not exist."""
        return self._configuration("$LATEST", with_reserved=False)

    def policy(self) -> Mapping[str, Any] | None:
        """Return the resource policy of the alias, or None if there is no policy or no alias."""
        doing = f"reading who may invoke {self._name}:{self._alias} (lambda:GetPolicy)"
        found = read_optional(doing, lambda: self._open().get_policy(FunctionName=self._name, Qualifier=self._alias))
        policy: Mapping[str, Any] | None = json.loads(found["Policy"]) if found else None
        return policy

    def _configuration(self, qualifier: str, *, with_reserved: bool) -> Function | None:
        configuration = read_optional(
            f"reading the settings of {self._name}:{qualifier} (lambda:GetFunctionConfiguration)",
            lambda: self._open().get_function_configuration(FunctionName=self._name, Qualifier=qualifier),
        )
        if configuration is None:
            return None
        return Function(
            memory_mb=configuration["MemorySize"],
            architecture=(configuration.get("Architectures") or ["x86_64"])[0],
            timeout=configuration["Timeout"],
            code_bytes=configuration["CodeSize"],
            runtime=configuration.get("Runtime", ""),
            reserved=self._read_reserved() if with_reserved else None,
            variables=configuration.get("Environment", {}).get("Variables", {}),
            variables_unread=find_unread_variables(configuration),
            handler=configuration.get("Handler", ""),
            state=configuration.get("State", "Active"),
            state_reason=configuration.get("StateReason", ""),
            sha256=configuration.get("CodeSha256", ""),
        )

    def limits(self) -> AccountLimits:
        with explain_failures("reading the account's limits (lambda:GetAccountSettings)"):
            settings = self._open().get_account_settings()
        limit, usage = settings["AccountLimit"], settings.get("AccountUsage", {})
        return AccountLimits(
            concurrency=limit["ConcurrentExecutions"],
            unreserved=limit["UnreservedConcurrentExecutions"],
            code_bytes=limit.get("TotalCodeSize", 0),
            code_used=usage.get("TotalCodeSize", 0),
        )

    def _read_reserved(self) -> int | None:
        with explain_failures(f"reading the concurrency of {self._name} (lambda:GetFunctionConcurrency)"):
            return self._open().get_function_concurrency(FunctionName=self._name).get("ReservedConcurrentExecutions")
