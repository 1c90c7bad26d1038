"""Refuse a request that violates its service's model, before the emulator, which accepts most of them."""

from collections.abc import Awaitable, Callable

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.cloud.constraints import describe_violations
from hybridctl.sandbox.cloud.emulator import Answer, Handler, ServiceRequest
from hybridctl.sandbox.cloud.model_requests import read_request

# The emulator's name of a service: botocore's name, and the code of AWS's refusal.
_SERVICES = {
    "apigateway": ("apigatewayv2", "BadRequestException"),
    "events": ("events", "ValidationException"),
    "iam": ("iam", "ValidationError"),
    "lambda": ("lambda", "ValidationException"),
    "logs": ("logs", "InvalidParameterException"),
    "monitoring": ("cloudwatch", "ValidationError"),
    "ssm": ("ssm", "ValidationException"),
}


def install() -> None:
    """Check CloudWatch's requests behind the translation of its protocols: install that later."""
    for service in _SERVICES:
        emulator.layer(service, _layer(service))


def _layer(service: str) -> Callable[[Handler, ServiceRequest], Awaitable[Answer]]:
    name, code = _SERVICES[service]

    async def check(forward: Handler, request: ServiceRequest) -> Answer:
        try:
            found = read_request(name, request)
        except (ValueError, RecursionError):
            return await forward(*request)  # the emulator says what is wrong with it
        shape = found.operation.input_shape if found else None
        why = describe_violations(shape, found.members) if found and shape else ""
        if not why:
            return await forward(*request)
        return emulator.refuse_query(code, why) if service == "iam" else emulator.refuse(code, why)

    return check
