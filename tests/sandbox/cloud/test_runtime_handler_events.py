"""The handler answers every event in the sandbox as under AWS's runtime; the witness is AWS's emulator of it.

`handler_events.json` has its answers by version of Python. `RIE` and `RIE_PYTHON` (see rie.py) ask it again, and
`--update-golden` with them writes its answers down.
"""

import io
import json
import os
import shutil
import zipfile
from typing import Any

import pytest

from handler.fakes import TABLE, make_sessions_table
from hybridctl.sandbox.interpreters import find_python
from sandbox.cloud import handler_events, rie
from sandbox.cloud.functions import Function, unique
from sandbox.cloud.handler_events import LIFE, OTHERS, RECORDED, VARIABLES, members, play
from sandbox.cloud.packages import HANDLER, Package

NAMES = [*(asked.name for asked in LIFE), *OTHERS]


def read_recorded() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(RECORDED.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def table(sandbox):
    make_sessions_table(sandbox.client("dynamodb"))
    return {**VARIABLES, "SESSIONS_TABLE": TABLE}


def test_every_route_of_the_handler_is_asked():
    asked = {f"{one.method} {one.path.partition('?')[0]}" for one in LIFE}
    assert {route for route in handler_events.ROUTES if route != "$default"} <= asked


@pytest.mark.parametrize("minor", ["3.11", "3.13"])
def test_the_handler_answers_in_the_sandbox_as_in_awss_runtime(sandbox, table, minor):
    if find_python(f"python{minor}", os.environ) is None:
        pytest.skip(f"there is no Python {minor} on this machine")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in members().items():
            archive.writestr(zipfile.ZipInfo(name), data)
    function = Function(
        sandbox,
        Runtime=f"python{minor}",
        Code={"ZipFile": content.getvalue()},
        Environment={"Variables": table},
        Timeout=10,
    )
    role = function.client.get_function_configuration(FunctionName=function.name)["Role"].rpartition("/")[2]
    allowed = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}}
    sandbox.client("iam").put_role_policy(RoleName=role, PolicyName=unique(), PolicyDocument=json.dumps(allowed))
    answers = play(lambda event: _answer(function, event))
    assert answers == read_recorded()[minor]


def _answer(function: Function, event: Any) -> Any:
    answer = function.client.invoke(FunctionName=function.name, Payload=json.dumps(event))
    return rie.read(answer["Payload"].read())


def test_the_recorded_answers_of_the_handler_are_those_of_the_emulator(sandbox, table, request):
    program = os.environ.get("RIE") or shutil.which("aws-lambda-rie")
    python = os.environ.get("RIE_PYTHON")
    if not program or not python:
        pytest.skip(
            "RIE and RIE_PYTHON name no emulator and no Python with awslambdaric: see tests/sandbox/cloud/rie.py"
        )
    package = Package(files=members(), handler=HANDLER, timeout=10)
    own = {name: value for name, value in sandbox.environment.items() if name.startswith("AWS_")}
    minor = rie.minor_of(python)
    with rie.running(program, python, minor, package, {**table, **own}) as invoke:
        answers = play(invoke)
    if request.config.getoption("--update-golden"):
        known = read_recorded() if RECORDED.exists() else {}
        text = json.dumps({**known, minor: answers}, indent=1, sort_keys=True)
        RECORDED.write_text(f"{text}\n", encoding="utf-8")
    assert answers == read_recorded()[minor]
