"""The description of the API that the docs ship, as a judge of answers."""

import json
from pathlib import Path

from jsonschema_rs import Draft202012Validator

DESCRIPTION = json.loads((Path(__file__).resolve().parents[2] / "docs/openapi.json").read_text(encoding="utf-8"))
_ERROR = "#/components/schemas/Error"


def judge(method, path, answered):
    """Fail unless the description allows this answer: its status, its body and the headers that every answer has."""
    assert {"x-build", "x-function-version"} <= answered.headers.keys()
    operation = DESCRIPTION["paths"].get(path, {}).get("get" if method == "HEAD" else method.lower())
    if operation is None:
        expected = 404 if path not in DESCRIPTION["paths"] else 204 if method == "OPTIONS" else 405
        assert answered.status == expected
        response = {"content": {"application/json": {"schema": {"$ref": _ERROR}}}} if expected != 204 else {}
    else:
        assert str(answered.status) in operation["responses"], f"{method} {path} answered {answered.status}"
        response = _resolve(operation["responses"][str(answered.status)])
    if method == "HEAD" or "content" not in response:
        assert answered.text == ""
        return
    assert answered.headers["content-type"] == "application/json"
    schema = {**response["content"]["application/json"]["schema"], "components": DESCRIPTION["components"]}
    Draft202012Validator(schema).validate(answered.body)


def _resolve(part):
    if "$ref" not in part:
        return part
    *_, kind, name = part["$ref"].split("/")
    return DESCRIPTION["components"][kind][name]
