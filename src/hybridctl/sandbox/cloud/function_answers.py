"""Read what a function returned to an HTTP API, in payload format 2.0.

Sources: apigateway/latest/developerguide/http-api-develop-integrations-lambda.html (the format, and what is inferred
without a status), github.com/aws/aws-lambda-dotnet, Tools/LambdaTestTool-v2 (answers recorded from the service: content
types, raw bodies, a status that is no integer), github.com/aws/aws-lambda-go/pull/373 (a body that is no text).
"""

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

MALFORMED = "The response from the Lambda function doesn't match the format that API Gateway expects."
TEXT = "text/plain; charset=utf-8"
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
# API Gateway writes these itself.
_OWN = frozenset({"connection", "content-length", "date", "keep-alive", "transfer-encoding", "upgrade"})


class MalformedAnswer(Exception):
    def __init__(self, member: str) -> None:
        super().__init__(f'{MALFORMED} Lambda body contains the wrong type for field "{member}"')


def read_answer(returned: Any) -> dict[str, Any]:
    """Return status, headers, cookies and body of a function's answer. Raises MalformedAnswer."""
    value = _parse(returned)
    if not isinstance(value, Mapping) or "statusCode" not in value:
        return _infer(returned, value)
    headers = {"content-type": TEXT} | _read_headers(value.get("headers"))
    return {
        "statusCode": _read_status(value["statusCode"]),
        "headers": headers,
        "cookies": _read_cookies(value.get("cookies")),
        **_read_body(value.get("body"), is_encoded=value.get("isBase64Encoded")),
    }


def _parse(returned: Any) -> Any:
    try:
        return json.loads(returned) if isinstance(returned, bytes) else returned
    except ValueError:
        return returned


def _infer(returned: Any, value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        body = value
    elif isinstance(returned, bytes):
        body = returned.decode(errors="replace")
    else:
        body = json.dumps(value, ensure_ascii=False)
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": body}


def _read_status(value: Any) -> int:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if not is_number and not (isinstance(value, str) and value.isdecimal()):
        raise MalformedAnswer("statusCode")
    if not 100 <= int(value) <= 599:
        raise MalformedAnswer("statusCode")
    return int(value)


def _read_headers(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise MalformedAnswer("headers")
    return {name.lower(): _read_header(name, each) for name, each in value.items() if name.lower() not in _OWN}


def _read_header(name: str, value: Any) -> str:
    if not isinstance(value, str | int | float):
        raise MalformedAnswer("headers")
    text = value if isinstance(value, str) else json.dumps(value)
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(text):
        raise MalformedAnswer("headers")
    return text


def _read_cookies(value: Any) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, str) and _VALUE.fullmatch(each) for each in value):
        raise MalformedAnswer("cookies")
    return value


def _read_body(value: Any, *, is_encoded: Any) -> dict[str, Any]:
    if not isinstance(value, str | None):
        raise MalformedAnswer("body")
    if is_encoded is True and value:
        try:
            b64decode(value, validate=True)
        except ValueError:
            raise MalformedAnswer("body") from None
    return {"body": value or "", "isBase64Encoded": is_encoded is True}
