"""Refuse requests that Lambda refuses and the emulator accepts, with AWS's error codes.

Source: lambda/latest/api (the operations' errors and the constraints of their members), and observed messages.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.cloud.emulator import Answer, Handler, ServiceRequest
from hybridctl.sandbox.cloud.roles import can_be_assumed_by

ACCOUNT_CONCURRENCY = 1000
UNRESERVED_MINIMUM = 100
ENVIRONMENT_BYTES = 4096
PAYLOAD_BYTES = {"RequestResponse": 6 * 1024 * 1024, "Event": 1024 * 1024}
_OF_FUNCTION = ("FUNCTION_MEMORY_SIZE", "FUNCTION_NAME", "FUNCTION_VERSION", "INITIALIZATION_TYPE")
_OF_RUNTIME = ("LOG_GROUP_NAME", "LOG_STREAM_NAME", "RUNTIME_API")
# lambda/latest/dg/configuration-envvars.html: others of AWS_LAMBDA_*, such as AWS_LAMBDA_EXEC_WRAPPER, may be set.
RESERVED = frozenset(
    {
        *("_HANDLER", "_X_AMZN_TRACE_ID", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT"),
        *("AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
        *("AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_REGION"),
        *(f"AWS_LAMBDA_{name}" for name in (*_OF_FUNCTION, *_OF_RUNTIME)),
    }
)
NAME_LENGTH = 64
LIMITS = {"MemorySize": 10240, "Timeout": 900}  # the model has no or higher ones
PATH = re.compile(r"/\d{4}-\d\d-\d\d/functions(?:/([^/]+)(?:/([^/]+)(?:/([^/]+))?)?)?/?$")


class LambdaRefused(Exception):
    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status

    def answer(self) -> Answer:
        return emulator.refuse(self.code, str(self), self.status)


class LambdaRefusals:
    """A layer before the emulator's Lambda that only refuses requests."""

    def __init__(self) -> None:
        self._lambda = emulator.service("lambda_svc", "_functions", "_resolve_name")

    def install(self) -> None:
        emulator.layer("lambda", self._check)

    async def _check(self, forward: Handler, request: ServiceRequest) -> Answer:
        if found := PATH.match(unquote(request.path)):
            try:
                self._check_part(request, *found.groups())
            except LambdaRefused as refused:
                return refused.answer()
        return await forward(*request)

    def _check_part(self, asked: ServiceRequest, name: str | None, part: str | None, rest: str | None) -> None:
        if part == "invocations":
            _check_payload(asked)
            return
        method, request = asked.method, _json(asked.body)
        if method == "POST" and (name is None or part is None):
            _check_name(str(request.get("FunctionName")))
            _settings(request)
        if method == "DELETE" and part is None and asked.query.get("Qualifier") == ["$LATEST"]:
            message = "$LATEST version cannot be deleted without deleting the function."
            raise LambdaRefused("InvalidParameterValueException", message)
        if name is None or part is None:
            return
        function = self._lambda["_functions"].get(self._lambda["_resolve_name"](name))
        if function is None:
            return  # the emulator says so itself
        if method == "PUT" and part == "configuration":
            _settings(request)
        elif part == "aliases" and method in ("POST", "PUT"):
            self._alias(function, rest, request)
        elif part == "versions" and method == "POST":
            _publication(function, request)
        elif part == "concurrency" and method == "PUT":
            self._reservation(function, request)
        elif part == "provisioned-concurrency" and method == "PUT":
            _provisioning(function, (asked.query.get("Qualifier") or [""])[0], request)

    def _alias(self, function: dict[str, Any], name: str | None, request: dict[str, Any]) -> None:
        before = function["aliases"].get(name, {}) if name else {}
        version = str(request.get("FunctionVersion", before.get("FunctionVersion", "$LATEST")))
        routing = request.get("RoutingConfig", before.get("RoutingConfig")) or {}
        weights = routing.get("AdditionalVersionWeights") or {}
        self._check_published(function, version)
        if not weights:
            return
        if len(weights) > 1:
            raise LambdaRefused(
                "InvalidParameterValueException", "Number of items in AdditionalVersionWeights cannot be greater than 1"
            )
        if version == "$LATEST" or "$LATEST" in weights:
            raise LambdaRefused(
                "InvalidParameterValueException",
                "$LATEST is not supported for an alias pointing to more than 1 version",
            )
        for additional, weight in weights.items():
            if not 0 <= weight <= 1:
                bound = "less than or equal to 1.0" if weight > 1 else "greater than or equal to 0.0"
                raise LambdaRefused(
                    "ValidationException",
                    f"1 validation error detected: Value '{weight}' at 'routingConfig.additionalVersionWeights' "
                    f"failed to satisfy constraint: Member must have value {bound}",
                )
            if additional == version:
                raise LambdaRefused(
                    "InvalidParameterValueException",
                    f"Invalid function version {version}. Function version {version} is already included in routing "
                    "configuration.",
                )
            self._check_published(function, additional)

    def _check_published(self, function: dict[str, Any], version: str) -> None:
        if version != "$LATEST" and version not in function["versions"]:
            arn = function["config"]["FunctionArn"]
            raise LambdaRefused("ResourceNotFoundException", f"Function not found: {arn}:{version}", 404)

    def _reservation(self, function: dict[str, Any], request: dict[str, Any]) -> None:
        wanted = int(request.get("ReservedConcurrentExecutions") or 0)
        others = sum(
            int(other.get("concurrency") or 0) for other in self._lambda["_functions"].values() if other is not function
        )
        if ACCOUNT_CONCURRENCY - others - wanted < UNRESERVED_MINIMUM:
            raise LambdaRefused(
                "InvalidParameterValueException",
                "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
                f"below its minimum value of [{UNRESERVED_MINIMUM}].",
            )


def _check_payload(asked: ServiceRequest) -> None:
    kind = asked.headers.get("x-amz-invocation-type") or "RequestResponse"
    size, limit = len(asked.body), PAYLOAD_BYTES.get(kind, PAYLOAD_BYTES["RequestResponse"])
    if size <= limit:
        _parse_payload(asked.body)
        return
    message = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
    if kind == "Event":
        message = f"{size} byte payload is too large for the Event invocation type (limit {limit} bytes)"
    raise LambdaRefused("RequestEntityTooLargeException", message, 413)


def _parse_payload(body: bytes) -> None:
    try:
        json.loads(body or b"{}", parse_constant=_refuse_constant)
    except ValueError as why:
        message = f"Could not parse request body into json: Could not parse payload into json: {why}"
        raise LambdaRefused("InvalidRequestContentException", message) from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"Non-standard token '{name}'")


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _check_name(name: str) -> None:
    """The model's own limit is that of an ARN."""
    if ":" not in name and len(name) > NAME_LENGTH:
        raise LambdaRefused(
            "ValidationException",
            f"1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: "
            f"Member must have length less than or equal to {NAME_LENGTH}",
        )


def _settings(request: Mapping[str, Any]) -> None:
    for name, most in LIMITS.items():
        value = request.get(name)
        if value is not None and value > most:
            raise LambdaRefused(
                "ValidationException",
                f"1 validation error detected: Value '{value}' at '{name[0].lower()}{name[1:]}' failed to satisfy "
                f"constraint: Member must have value less than or equal to {most}",
            )
    if not can_be_assumed_by(str(request.get("Role") or ""), "lambda.amazonaws.com"):
        message = "The role defined for the function cannot be assumed by Lambda."
        raise LambdaRefused("InvalidParameterValueException", message)
    variables = (request.get("Environment") or {}).get("Variables") or {}
    reserved = sorted(name for name in variables if name in RESERVED)
    told = (
        "Lambda was unable to configure your environment variables because the environment variables you have provided "
    )
    if reserved:
        raise LambdaRefused(
            "InvalidParameterValueException",
            f"{told}contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}",
        )
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > ENVIRONMENT_BYTES:
        message = f"{told}exceeded the 4KB limit. String measured: {measured}"
        raise LambdaRefused("InvalidParameterValueException", message)


def _publication(function: Mapping[str, Any], request: Mapping[str, Any]) -> None:
    config = function["config"]
    revision = request.get("RevisionId")
    if revision is not None and revision != config.get("RevisionId"):
        raise LambdaRefused(
            "PreconditionFailedException",
            "The RevisionId provided does not match the latest RevisionId for the Lambda function or alias. Call the "
            "GetFunction or the GetAlias API to retrieve the latest RevisionId for your resource.",
            412,
        )
    digest = request.get("CodeSha256")
    if digest is not None and digest != config.get("CodeSha256"):
        raise LambdaRefused(
            "InvalidParameterValueException",
            f"CodeSHA256 ({digest}) is different from current CodeSHA256 in $LATEST ({config.get('CodeSha256')}). "
            "Please try again with the CodeSHA256 in $LATEST.",
        )


def _provisioning(function: Mapping[str, Any], qualifier: str, request: Mapping[str, Any]) -> None:
    version = (function["aliases"].get(qualifier) or {}).get("FunctionVersion", qualifier)
    if version in ("$LATEST", ""):
        raise LambdaRefused(
            "InvalidParameterValueException",
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
        )
    reserved = function.get("concurrency")
    if reserved is not None and int(request.get("ProvisionedConcurrentExecutions") or 0) > int(reserved):
        raise LambdaRefused(
            "InvalidParameterValueException",
            "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
        )
