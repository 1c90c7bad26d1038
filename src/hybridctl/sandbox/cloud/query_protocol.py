"""CloudWatch's three wire protocols in front of the emulator's JSON handlers, which are the only complete ones.

The real Terraform provider uses the query protocol (5.x) or Smithy's CBOR (6.x). Requests are parsed and responses
checked with botocore's model of the service, so no member is lost.
"""

import io
import json
from functools import cache
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4
from xml.etree import ElementTree  # writes only

from botocore.model import OperationModel, ServiceModel, Shape, ShapeResolver, StructureShape
from botocore.parsers import BaseCBORParser
from botocore.serialize import create_serializer
from botocore.utils import parse_timestamp

from hybridctl.sandbox.cloud.emulator import Answer, Handler, ServiceRequest
from hybridctl.service_models import open_shared_loader

TARGET = "GraniteServiceVersion20100801"
CBOR_TARGET = "/operation/"
ERROR = StructureShape(
    "Error",
    {"type": "structure", "members": {"__type": {"shape": "Text"}, "message": {"shape": "Text"}}},
    ShapeResolver({"Text": {"type": "string"}}),  # type: ignore[dict-item]  # the stubs ask for shapes
)


@cache
def model() -> ServiceModel:
    return ServiceModel(open_shared_loader().load_service_model("cloudwatch", "service-2"))


async def translate(forward: Handler, request: ServiceRequest) -> Answer:
    """Call the service's JSON handler for a request in any protocol."""
    headers, body = request.headers, request.body
    kind = headers.get("content-type", "")
    if "cbor" in kind or "cbor" in headers.get("smithy-protocol", ""):
        operation = request.path.rpartition(CBOR_TARGET)[2]
        status, answer = await _as_json(forward, operation, read_cbor(body))
        return _as_cbor(model().operation_model(operation), status, answer)
    form = dict(parse_qsl(body.decode(), keep_blank_values=True)) if "urlencoded" in kind else {}
    operation = form.get("Action", "")
    if operation not in model().operation_names:
        return await forward(*request)
    shape = model().operation_model(operation).input_shape
    status, answer = await _as_json(forward, operation, read_query(shape, form) if shape else {})
    return _as_xml(model().operation_model(operation), status, answer)


async def _as_json(forward: Handler, operation: str, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"{TARGET}.{operation}"}
    status, _, body = await forward("POST", "/", headers, json.dumps(request, default=_plain).encode(), {})
    answer: dict[str, Any] = json.loads(body or b"{}")
    return status, answer


def _plain(value: Any) -> Any:
    return value.timestamp() if hasattr(value, "timestamp") else str(value)


def read_query(shape: Shape, form: dict[str, str], prefix: str = "") -> Any:
    """Read the value of a shape from `A.member.1.B=c` pairs."""
    if shape.type_name == "structure":
        found = {}
        for name, member in shape.members.items():  # type: ignore[attr-defined]
            at = f"{prefix}.{name}" if prefix else name
            if at in form or any(key.startswith(f"{at}.") for key in form):
                found[name] = read_query(member, form, at)
        return found
    if shape.type_name == "list":
        items: list[Any] = []
        while any(key == (at := f"{prefix}.member.{len(items) + 1}") or key.startswith(f"{at}.") for key in form):
            items.append(read_query(shape.member, form, at))  # type: ignore[attr-defined]
        return items
    return _scalar(shape, form[prefix])


def _scalar(shape: Shape, text: str) -> Any:
    if shape.type_name in ("integer", "long"):
        return int(text)
    if shape.type_name in ("double", "float"):
        return float(text)
    return text == "true" if shape.type_name == "boolean" else text


def _as_xml(operation: OperationModel, status: int, answer: dict[str, Any]) -> Answer:
    space = operation.service_model.metadata["xmlNamespace"]
    request = str(uuid4())
    if status >= 300:
        root = ElementTree.Element("ErrorResponse", xmlns=space)
        error = ElementTree.SubElement(root, "Error")
        fields = {"Type": "Sender", "Code": answer.get("__type", ""), "Message": answer.get("message", "")}
        for name, text in fields.items():
            ElementTree.SubElement(error, name).text = str(text)
        ElementTree.SubElement(root, "RequestId").text = request
    else:
        root = ElementTree.Element(f"{operation.name}Response", xmlns=space)
        if operation.output_shape is not None:
            wrapper = operation.output_shape.serialization.get("resultWrapper", f"{operation.name}Result")
            write_xml(operation.output_shape, answer, ElementTree.SubElement(root, wrapper))
        metadata = ElementTree.SubElement(root, "ResponseMetadata")
        ElementTree.SubElement(metadata, "RequestId").text = request
    return status, {"Content-Type": "text/xml"}, ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def write_xml(shape: Shape, value: Any, element: ElementTree.Element) -> None:
    """Append a value to its element; null is left out, as on AWS."""
    if shape.type_name == "structure":
        for name, member in shape.members.items():  # type: ignore[attr-defined]
            if value.get(name) is not None:
                write_xml(member, value[name], ElementTree.SubElement(element, name))
    elif shape.type_name == "list":
        for each in value:
            write_xml(shape.member, each, ElementTree.SubElement(element, "member"))  # type: ignore[attr-defined]
    elif shape.type_name == "timestamp":
        element.text = parse_timestamp(value).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    elif shape.type_name == "boolean":
        element.text = "true" if value else "false"
    else:
        element.text = str(value)


def read_cbor(body: bytes) -> dict[str, Any]:
    """Parse a request in Smithy's CBOR."""
    if not body:
        return {}
    parsed: dict[str, Any] = BaseCBORParser().parse_data_item(io.BufferedReader(io.BytesIO(body)))
    return parsed


def _as_cbor(operation: OperationModel, status: int, answer: dict[str, Any]) -> Answer:
    """Serialize the response as the request of an operation with that input, because botocore only writes requests."""
    headers = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
    shape = operation.output_shape if status < 300 else ERROR
    if shape is None:
        return status, headers, b""
    written = OperationModel({"name": operation.name, "http": {}}, operation.service_model, operation.name)
    written.input_shape = shape  # a property that is computed once, and read from here on
    body = create_serializer("smithy-rpc-v2-cbor", False).serialize_to_request(_drop_unknown(shape, answer), written)
    return status, headers, body["body"]


def _drop_unknown(shape: Shape, value: Any) -> Any:
    """Return the value without members that the service's model lacks."""
    if shape.type_name == "structure":
        members = shape.members  # type: ignore[attr-defined]
        return {
            name: _drop_unknown(members[name], each)
            for name, each in value.items()
            if name in members and each is not None
        }
    if shape.type_name == "list":
        return [_drop_unknown(shape.member, each) for each in value]  # type: ignore[attr-defined]
    return value
