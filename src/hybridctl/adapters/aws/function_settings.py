"""The function's settings and the account's limits, through boto3."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from hybridctl.adapters.aws.errors import code, explained
from hybridctl.domain.function import AccountLimits, Function

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient


class LambdaSettings:
    """The function `name` behind its alias `alias`; the client is opened on first use."""

    def __init__(self, open_client: Callable[[], "LambdaClient"], *, name: str, alias: str) -> None:
        self._open = open_client
        self._name = name
        self._alias = alias

    def function(self) -> Function | None:
        """What the alias serves; None where there is no such function or alias."""
        from botocore.exceptions import ClientError

        with explained(f"reading the settings of {self._name}:{self._alias} (lambda:GetFunctionConfiguration)"):
            try:
                found = self._open().get_function_configuration(FunctionName=self._name, Qualifier=self._alias)
            except ClientError as cause:
                if code(cause) == "ResourceNotFoundException":
                    return None
                raise
        return Function(
            memory_mb=found["MemorySize"],
            architecture=(found.get("Architectures") or ["x86_64"])[0],
            timeout=found["Timeout"],
            code_bytes=found["CodeSize"],
            runtime=found.get("Runtime", ""),
            reserved=self._reserved(),
            variables=found.get("Environment", {}).get("Variables", {}),
            handler=found.get("Handler", ""),
        )

    def limits(self) -> AccountLimits:
        with explained("reading the account's limits (lambda:GetAccountSettings)"):
            found = self._open().get_account_settings()
        limit, usage = found["AccountLimit"], found.get("AccountUsage", {})
        return AccountLimits(
            concurrency=limit["ConcurrentExecutions"],
            unreserved=limit["UnreservedConcurrentExecutions"],
            code_bytes=limit.get("TotalCodeSize", 0),
            code_used=usage.get("TotalCodeSize", 0),
        )

    def _reserved(self) -> int | None:
        with explained(f"reading the concurrency of {self._name} (lambda:GetFunctionConcurrency)"):
            return self._open().get_function_concurrency(FunctionName=self._name).get("ReservedConcurrentExecutions")
