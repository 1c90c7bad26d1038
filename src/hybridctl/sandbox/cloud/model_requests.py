"""Read a request as the input of its operation in botocore's model, whatever the service's protocol."""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from botocore.model import OperationModel, ServiceModel

from hybridctl.sandbox.cloud.emulator import ServiceRequest
from hybridctl.sandbox.cloud.query_protocol import read_query
from hybridctl.service_models import open_shared_loader


class ModelRequest(NamedTuple):
    """An operation and its input by the names of the model's members."""

    operation: OperationModel
    members: Mapping[str, Any]


@cache
def open_model(service: str) -> ServiceModel:
    return ServiceModel(open_shared_loader().load_service_model(service, "service-2"))


def read_request(service: str, request: ServiceRequest) -> ModelRequest | None:
    """Return what a request asks of a service, by botocore's name of it; None if that has no such operation.

    Raises ValueError for a request that cannot be parsed.
    """
    model = open_model(service)
    if request.operation:
        return _find_named(model, request.operation, json.loads(request.body or b"{}"))
    kind = request.headers.get("content-type", "")
    if "urlencoded" in kind:
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        found = _find_named(model, form.get("Action", ""), {})
        shape = found.operation.input_shape if found else None
        return found and (ModelRequest(found.operation, read_query(shape, form)) if shape else found)
    return _read_rest(service, request)


def _find_named(model: ServiceModel, operation: str, members: Any) -> ModelRequest | None:
    if operation not in model.operation_names or not isinstance(members, Mapping):
        return None
    return ModelRequest(model.operation_model(operation), members)


def find_operation(service: str, method: str, path: str) -> tuple[str, Mapping[str, str]] | None:
    """Return the operation of a REST request and the parts of its path, by the names that they have there."""
    for at, route, operation in _routes(service):
        if at == method and (found := route.fullmatch(path)):
            return operation, {_unmask(name): value for name, value in found.groupdict().items()}
    return None


@cache
def _routes(service: str) -> Sequence[tuple[str, re.Pattern[str], str]]:
    """Return method, path and name of each operation, the most specific paths first."""
    model = open_model(service)
    routes = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path = str(http["requestUri"]).partition("?")[0]
        parts = (f"(?P<{_mask(part)}>[^/]+)" if part.startswith("{") else re.escape(part) for part in _split(path))
        routes.append((http["method"], re.compile(f"{''.join(parts)}/?"), name))
    return sorted(routes, key=lambda route: -len(route[1].pattern))


def _split(path: str) -> list[str]:
    return re.split(r"({[\w-]+\+?})", path)


def _mask(part: str) -> str:
    """Return a name for a group: Python allows no dash there."""
    return part.strip("{+}").replace("-", "__")


def _unmask(name: str) -> str:
    return name.replace("__", "-")


def _read_rest(service: str, request: ServiceRequest) -> ModelRequest | None:
    found = find_operation(service, request.method, request.path)
    if found is None:
        return None
    operation = open_model(service).operation_model(found[0])
    shape = operation.input_shape
    if shape is None or "payload" in shape.serialization:
        body: Any = {}
    else:
        body = json.loads(request.body or b"{}")
    members: dict[str, Any] = {}
    for name, member in (shape.members if shape else {}).items():
        place = member.serialization.get("location")
        at = member.serialization.get("name", name)
        if place == "uri":
            members[name] = found[1].get(at)
        elif place == "querystring":
            members[name] = _read_parameter(member, request.query.get(at))
        elif place == "header":
            members[name] = request.headers.get(at.lower())
        elif isinstance(body, Mapping):
            members[name] = _rename(member, body.get(at))
    return ModelRequest(operation, members)


def _read_parameter(shape: Any, values: list[str] | None) -> Any:
    if not values:
        return None
    if shape.type_name == "list":
        return values
    return int(values[0]) if shape.type_name in ("integer", "long") else values[0]


def _rename(shape: Any, value: Any) -> Any:
    """Return a value of a body by the names of the model's members."""
    if shape.type_name == "structure" and isinstance(value, Mapping):
        places = {name: member.serialization.get("name", name) for name, member in shape.members.items()}
        return {name: _rename(shape.members[name], value.get(at)) for name, at in places.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [_rename(shape.member, each) for each in value]
    return value
